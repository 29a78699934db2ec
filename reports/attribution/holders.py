"""Who has a resource, for how long, and what is done meanwhile.  Pure.

A wait is explained by holds: of a thread by what runs in it, of a lock by what is done under it, of a connection by the
exchange on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reports.attribution.busy_loop import BusyLoop
from reports.attribution.state import HOLD_OF_WAIT, PROVIDER, Interval, Seconds, add_seconds
from reports.attribution.timeline import split_timeline

HOLD_KINDS = frozenset(HOLD_OF_WAIT.values())


@dataclass(slots=True, kw_only=True)
class SiteUse:
    """How much of a resource one place in code uses; per invocation."""

    count: float = 0.0
    held_s: float = 0.0
    cpu_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Holds:
    """All holds of one resource at one step; per invocation."""

    resource: str
    kind: str
    count: float = 0.0
    held_s: float = 0.0
    sites: dict[int, SiteUse] = field(default_factory=dict)
    contents: Seconds = field(default_factory=dict)  # what was done while it was held; sums to held_s

    @property
    def mean_s(self) -> float | None:
        return self.held_s / self.count if self.count else None

    def main_site(self) -> int | None:
        """The place that holds it longest in sum."""
        return max(self.sites, key=lambda site: self.sites[site].held_s, default=None)


Holders = dict[tuple[str, str], Holds]  # by kind and resource


def find_holds(holders: Holders, wait: str, resource: str) -> Holds | None:
    """What stands behind a wait (its kind) for a resource; None when nothing was seen to hold it.

    A pool that writes down its holds is known better than by its exchanges.  Exchanges do not know their pool: those
    with the provider stand for it, or the only ones there are.
    """
    kind = HOLD_OF_WAIT.get(wait)
    if kind is None:
        return None
    own = holders.get(("hold", resource)) or holders.get((kind, resource))
    if own is not None or kind != "connection":
        return own
    exchanges = [holds for (other, _), holds in holders.items() if other == kind]
    return holders.get((kind, PROVIDER)) or (exchanges[0] if len(exchanges) == 1 else None)


def count_holds(
    holders: Holders,
    intervals: Sequence[Interval],
    loop: BusyLoop,
    *,
    start_s: float,
    end_s: float,
    weight: float,
    cpu_s: dict[tuple[int, float], float],
) -> None:
    """Add one invocation's holds.  cpu_s: CPU time of thread runs, by context and start."""
    for hold in intervals:
        from_s, to_s = max(hold.start_s, start_s), min(hold.end_s, end_s)
        if hold.kind not in HOLD_KINDS or to_s <= from_s:
            continue
        resource = hold.state.resource
        entry = holders.setdefault((hold.kind, resource), Holds(resource=resource, kind=hold.kind))
        use = entry.sites.setdefault(hold.state.site, SiteUse())
        computed_s = weight * cpu_s.get((hold.context, hold.start_s), 0.0)
        for total in (entry, use):
            total.count += weight
            total.held_s += weight * (to_s - from_s)
        use.cpu_s += computed_s
        add_seconds(entry.contents, _contents(hold, intervals, loop, from_s, to_s), weight)


def _contents(
    hold: Interval, intervals: Sequence[Interval], loop: BusyLoop, from_s: float, to_s: float
) -> Seconds:
    own = list(_inside(hold, intervals, from_s, to_s))
    seconds, gaps = split_timeline(own, start_s=from_s, end_s=to_s)
    if hold.kind == "thread_run":  # its gaps are its own running, not the loop's
        add_seconds(seconds, {hold.state: sum(gap.end_s - gap.start_s for gap in gaps)})
    else:
        add_seconds(seconds, loop.explain(gaps))
    return {state: value_s for state, value_s in seconds.items() if value_s > 0}


def _inside(hold: Interval, intervals: Sequence[Interval], from_s: float, to_s: float) -> Iterator[Interval]:
    """What the holder did: in its own context, in threads it gave work to, in contexts that began under the hold."""
    contexts = _descendants(hold.context, intervals, from_s, to_s)
    for interval in intervals:
        if interval.kind in ("hold", "connection") or interval.context not in contexts:
            continue
        if interval.kind == "thread_run" and interval.context == hold.context:
            continue
        if interval.start_s < to_s and interval.end_s > from_s:
            yield interval


def _descendants(context: int, intervals: Iterable[Interval], from_s: float, to_s: float) -> set[int]:
    begun: dict[int, float] = {}
    for interval in intervals:
        begun[interval.context] = min(interval.start_s, begun.get(interval.context, interval.start_s))
    return {context} | {other for other, begun_s in begun.items() if from_s <= begun_s < to_s}

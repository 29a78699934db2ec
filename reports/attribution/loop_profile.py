"""What kept the event loop busy, second by second: computing or blocked, and where.  Pure.

The probes count where the loop's thread was seen; one count stands for the same time whether it computed or waited.
That a thread was seen in a call that can block proves nothing: sockets of a busy loop look like that.  A place blocks
the loop when stretches too long for any good citizen were seen waiting there, in a call that is not awaited.
"""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from harness.probe_records import LateStack, ThreadStack
from reports.attribution.state import NO_SITE, Seconds, State

LOOP = "loop"  # resource of the loop's own thread
AWAITED = "await"  # the user's frame only awaits the library that computes
FEWEST_STRETCHES = 2  # seen waiting at one place; one may be a hiccup of the machine
SAME_STRETCH_S = 0.02
MOSTLY = 0.5  # of the long stretches seen at a place
LONGEST_BATCH_S = 2.5  # counts are written about once a second

Shares = tuple[tuple[State, float], ...]
COMPUTING: Shares = ((State("loop_computing"), 1.0),)


class LoopProfile:
    """Counts of stacks of the loop's thread, in order of writing."""

    def __init__(self, late: Iterable[LateStack], stacks: Iterable[ThreadStack]) -> None:
        kept = list(late)
        self.blocking = find_blocking_sites(kept)
        batches: dict[float, Counter[tuple[int, str]]] = defaultdict(Counter)
        for stack in stacks:
            if stack.resource == LOOP:
                batches[stack.at_s][stack.site, stack.waits_in] += stack.count
        self._moments = sorted(batches)
        self._shares = [self._share(batches[at_s]) for at_s in self._moments]
        self._late = self._share(Counter((stack.site, stack.waits_in) for stack in kept))

    def shares_at(self, at_s: float) -> Shares:
        """What a busy loop did about then; shares sum to 1."""
        index = bisect.bisect_left(self._moments, at_s)
        if index < len(self._moments) and self._moments[index] - at_s <= LONGEST_BATCH_S:
            return self._shares[index]
        return COMPUTING if self._moments else self._late

    def _share(self, counts: Counter[tuple[int, str]]) -> Shares:
        total = counts.total()
        if not total:
            return COMPUTING
        shares: Seconds = {}
        for (site, waits_in), count in counts.items():
            state = self._state(site, waits_in)
            shares[state] = shares.get(state, 0.0) + count / total
        return tuple(shares.items())

    def _state(self, site: int, waits_in: str) -> State:
        if waits_in in ("", AWAITED):
            return State("loop_computing", NO_SITE if waits_in else site)
        if site in self.blocking:
            return State("loop_blocked", site, self.blocking[site])
        return State("loop_computing")


def find_blocking_sites(late: Iterable[LateStack]) -> Mapping[int, str]:
    """Places where long stretches waited in a call that was not awaited, with the name of that call."""
    seen: dict[int, list[LateStack]] = defaultdict(list)
    for stack in late:
        if stack.site != NO_SITE:
            seen[stack.site].append(stack)
    blocking = {}
    for site, stacks in seen.items():
        waiting = [
            stack for stack in stacks if stack.waits_in and not stack.is_awaited and not stack.is_computing
        ]
        if _count_stretches(waiting) >= FEWEST_STRETCHES and len(waiting) >= MOSTLY * len(stacks):
            blocking[site] = Counter(stack.waits_in for stack in waiting).most_common(1)[0][0]
    return blocking


def _count_stretches(stacks: Iterable[LateStack]) -> int:
    """A long stretch is looked at several times while it lasts: those of one beginning are one."""
    return len({round((stack.at_s - stack.late_s) / SAME_STRETCH_S) for stack in stacks})

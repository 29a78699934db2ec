"""What grew from a low step to a high one, and what stands behind it.  Pure.

A wait for a resource is only as long as the resource is held: the part of a wait that comes from longer holds belongs
to whatever made them longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from reports.attribution.breakdown import Breakdown
from reports.attribution.holders import Holds, find_holds
from reports.attribution.state import Seconds, State

K = TypeVar("K")
LEAST_GROWTH_RATIO = 0.25  # of the low response time: with less there is nothing to explain
GROWN_HOLD_RATIO = 1.25  # a hold this much longer is no longer the same hold
DEEPEST_DESCENT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRow:
    """One state at the low and the high step, seconds per invocation."""

    state: State
    low_s: float
    high_s: float
    share: float  # of the growth of the response time; all shares sum to 1, those that shrank are negative

    @property
    def grown_s(self) -> float:
        return self.high_s - self.low_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """From one step to another."""

    low: Breakdown
    high: Breakdown
    rows: tuple[GrowthRow, ...]  # largest first
    explained: Mapping[State, float]  # shares after waits were traced to what lengthened the holds; same sum

    @property
    def grown_s(self) -> float:
        return self.high.response_s - self.low.response_s

    @property
    def is_enough(self) -> bool:
        """Whether there is a growth to explain."""
        return self.grown_s >= LEAST_GROWTH_RATIO * self.low.response_s

    def share(self, *kinds: str, resource: str | None = None) -> float:
        """Of the growth, what states of these kinds (and of this resource) explain."""
        return sum(
            share
            for state, share in self.explained.items()
            if state.kind in kinds and (resource is None or state.resource == resource)
        )

    def by_resource(self, *kinds: str) -> list[tuple[str, float]]:
        """Resources with their shares, largest first."""
        return _ranked(
            (state.resource, share) for state, share in self.explained.items() if state.kind in kinds
        )

    def by_site(self, *kinds: str, resource: str | None = None) -> list[tuple[int, float]]:
        """Places in code with their shares, largest first."""
        return _ranked(
            (state.site, share)
            for state, share in self.explained.items()
            if state.kind in kinds and (resource is None or state.resource == resource)
        )


def find_growth(low: Breakdown, high: Breakdown) -> Growth:
    """Subtract the low step from the high one."""
    grown_s = high.response_s - low.response_s
    rows = [
        GrowthRow(
            state=state,
            low_s=low.seconds.get(state, 0.0),
            high_s=high.seconds.get(state, 0.0),
            share=(high.seconds.get(state, 0.0) - low.seconds.get(state, 0.0)) / grown_s
            if grown_s > 0
            else 0.0,
        )
        for state in {*low.seconds, *high.seconds}
    ]
    rows.sort(key=lambda row: (-row.grown_s, row.state))
    explained: Seconds = {}
    for row in rows:
        _descend(explained, row.state, row.share, low, high, depth=0)
    return Growth(low=low, high=high, rows=tuple(rows), explained=explained)


def _descend(
    explained: Seconds, state: State, share: float, low: Breakdown, high: Breakdown, *, depth: int
) -> None:
    """Give ``share`` to the state, or in part to what made the holds behind it longer."""
    before, after = (find_holds(step.holders, state.kind, state.resource) for step in (low, high))
    grown: Seconds = {}
    moved = 0.0
    if share > 0 and depth < DEEPEST_DESCENT and before is not None and after is not None:
        grown = _grown_contents(before, after)
        moved = share * _lengthened_ratio(before, after) if grown else 0.0
    explained[state] = explained.get(state, 0.0) + share - moved
    if moved:
        total_s = sum(grown.values())
        for inner, grown_s in grown.items():
            _descend(explained, inner, moved * grown_s / total_s, low, high, depth=depth + 1)


def _lengthened_ratio(before: Holds, after: Holds) -> float:
    """The part of a hold, and so of the wait for it, that the low step had not."""
    if before.held_s <= 0 or after.held_s <= GROWN_HOLD_RATIO * before.held_s:
        return 0.0
    return 1 - before.held_s / after.held_s


def _grown_contents(before: Holds, after: Holds) -> Seconds:
    states = {*before.contents, *after.contents}
    grown = {state: after.contents.get(state, 0.0) - before.contents.get(state, 0.0) for state in states}
    return {state: seconds for state, seconds in grown.items() if seconds > 0}


def _ranked(pairs: Iterable[tuple[K, float]]) -> list[tuple[K, float]]:
    totals: dict[K, float] = {}
    for key, share in pairs:
        totals[key] = totals.get(key, 0.0) + share
    return sorted(totals.items(), key=lambda item: -item[1])

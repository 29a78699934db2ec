"""Where the time of requests goes at each step, and what was added, as the verdict has it.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from reports.attribution.breakdown import Breakdown
from reports.attribution.growth import Growth
from reports.attribution.state import NO_SITE, State
from reports.causes.places import locate_site
from reports.causes.situation import Situation
from reports.resource_names import name_resource
from reports.verdict import Location, ResponseGrowth, StateGrowth, StepSummary

MOST_ROWS = 40
LEAST_RATIO = 0.001  # of the high response time: smaller rows are put together


def with_states(steps: Sequence[StepSummary], breakdowns: Mapping[int, Breakdown]) -> list[StepSummary]:
    """The steps with the seconds of their traced requests, by state."""
    return [_with_states(step, breakdowns.get(step.index)) for step in steps]


def _with_states(step: StepSummary, breakdown: Breakdown | None) -> StepSummary:
    if breakdown is None:
        return step
    slow = breakdown.slow_seconds if breakdown.slow_response_s is not None else None
    return msgspec.structs.replace(
        step,
        states=_sum_kinds(breakdown.seconds),
        traced_count=breakdown.trace_count,
        traced_response_s=breakdown.response_s,
        slow_states=None if slow is None else _sum_kinds(slow),
        slow_response_s=breakdown.slow_response_s,
    )


def _sum_kinds(seconds: Mapping[State, float]) -> dict[str, float]:
    """Largest first, by kind of state."""
    totals: dict[str, float] = {}
    for state, value_s in seconds.items():
        totals[state.kind] = totals.get(state.kind, 0.0) + value_s
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def make_growth(situation: Situation) -> ResponseGrowth | None:
    """None when fewer than two steps were traced."""
    growth = situation.growth
    if growth is None:
        return None
    rows = _merge(_row(situation, growth, row.state) for row in growth.rows)
    rows.sort(key=lambda row: (-row.grown_s, row.state))
    return ResponseGrowth(
        low_users=growth.low.users,
        high_users=growth.high.users,
        low_response_s=growth.low.response_s,
        high_response_s=growth.high.response_s,
        rows=_fold(rows, LEAST_RATIO * growth.high.response_s),
    )


def _row(situation: Situation, growth: Growth, state: State) -> StateGrowth:
    low_s, high_s = (side.seconds.get(state, 0.0) for side in (growth.low, growth.high))
    return StateGrowth(
        state=state.kind,
        location=locate_site(situation, state.site) if state.site != NO_SITE else None,
        resource=name_resource(situation, state.kind, state.resource),
        low_s=low_s,
        high_s=high_s,
        share=(high_s - low_s) / growth.grown_s if growth.is_enough else None,
        explained_share=growth.explained.get(state, 0.0) if growth.is_enough else None,
    )


def _merge(rows: Iterable[StateGrowth]) -> list[StateGrowth]:
    """Rows that read the same are one: the same pool after the target was started anew, say."""
    merged: dict[tuple[str, Location | None, str | None], StateGrowth] = {}
    for row in rows:
        key = (row.state, row.location, row.resource)
        merged[key] = _add(merged[key], row) if key in merged else row
    return list(merged.values())


def _fold(rows: Sequence[StateGrowth], least_s: float) -> list[StateGrowth]:
    """Rows that hardly take any time lose their place in code, so that the table stays short and still sums up."""
    large = [row for row in rows[:MOST_ROWS] if max(row.low_s, row.high_s) >= least_s]
    small = [row for row in rows if not any(row is kept for kept in large)]
    folded = _merge(msgspec.structs.replace(row, location=None, resource=None) for row in small)
    return [*large, *folded]


def _add(one: StateGrowth, other: StateGrowth) -> StateGrowth:
    return msgspec.structs.replace(
        one,
        low_s=one.low_s + other.low_s,
        high_s=one.high_s + other.high_s,
        share=_sum(one.share, other.share),
        explained_share=_sum(one.explained_share, other.explained_share),
    )


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other

"""The short table of where the time goes, with few users and with many, for the verdict block and terminal.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from reports.states import largest_states, name_state
from reports.step_table import Table
from reports.units import format_added_seconds, format_seconds, format_users
from reports.verdict import StepSummary, Verdict

MOST_STATES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeTable:
    """states: of the rows, in their order; the last row is the whole and has none."""

    states: tuple[str, ...]
    table: Table


def make_time_table(verdict: Verdict, *, most: int = MOST_STATES) -> TimeTable | None:
    """The states that take most of a request at either of two steps.  None when nothing was traced."""
    steps = _choose_steps(verdict)
    if not steps:
        return None
    times = [step.states or {} for step in steps]
    states = largest_states(*times, most=most)
    rest = [sum(one.values()) - sum(one.get(state, 0.0) for state in states) for one in times]
    has_rest = len({state for one in times for state in one}) > len(states)
    rows = [[name_state(state), *_cells([one.get(state, 0.0) for one in times])] for state in states]
    rows += [["all else", *_cells([max(value_s, 0.0) for value_s in rest])]] if has_rest else []
    rows.append(["a request", *_cells([step.traced_response_s or 0.0 for step in steps])])
    added = ["Added"] if len(steps) == 2 else []
    table = Table(
        caption="Where the time of a request goes",
        columns=["Mean of traced requests", *(format_users(step.users) for step in steps), *added],
        rows=rows,
    )
    return TimeTable(states=tuple(states), table=table)


def _choose_steps(verdict: Verdict) -> list[StepSummary]:
    """The two that are compared; where nothing is, the one that was traced."""
    traced = sorted((step for step in verdict.steps if step.states), key=lambda step: step.users)
    growth = verdict.growth
    if growth is None or len(traced) < 2:
        return traced[-1:]
    ends = [
        [step for step in traced if step.users == users] for users in (growth.low_users, growth.high_users)
    ]
    return [found[0] for found in ends if found]


def _cells(seconds: list[float]) -> list[str]:
    cells = [format_seconds(value_s) for value_s in seconds]
    if len(seconds) != 2:
        return cells
    return [*cells, format_added_seconds(seconds[1] - seconds[0])]

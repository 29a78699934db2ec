"""Where the time of a request goes, step by step, and which part of it grew: the table behind a finding.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reports.attribution.breakdown import Breakdown
from reports.attribution.state import NO_SITE, STATE_WORDS, State
from reports.causes.places import locate_site, say_location
from reports.causes.situation import Situation
from reports.step_table import Table
from reports.units import MISSING, format_count, format_ratio, format_seconds, plural

MOST_ROWS = 12
LEAST_RATIO = 0.01  # of the response time of some step: less is not worth a row


def make_state_table(situation: Situation) -> Table:
    """A row a state, the largest at the step that is explained first; the last row is their sum.

    No rows when no step was traced.
    """
    steps = sorted(situation.breakdowns.values(), key=lambda one: (one.users, one.step))
    states = _choose(situation, steps)
    rest = [state for one in steps for state in one.seconds if state not in states]
    rows = [_row(situation, _name(situation, state), [state], steps) for state in states]
    if rest:
        rows.append(_row(situation, "everything else", list(dict.fromkeys(rest)), steps))
    if steps:
        rows.append(["response time", *(format_seconds(one.response_s) for one in steps), *_total(situation)])
    return Table(
        caption="Where the time of a request goes, mean seconds; states are exclusive and sum to the response time",
        columns=[
            "State",
            *(plural(one.users, "user") for one in steps),
            *(["Of what was added"] * _has_growth(situation)),
        ],
        rows=rows,
    )


def count_traces(situation: Situation) -> str:
    """How many requests each column is the mean of."""
    steps = sorted(situation.breakdowns.values(), key=lambda one: (one.users, one.step))
    return ", ".join(format_count(one.trace_count) for one in steps) or MISSING


def _has_growth(situation: Situation) -> bool:
    return situation.growth is not None and situation.growth.is_enough


def _choose(situation: Situation, steps: Sequence[Breakdown]) -> list[State]:
    """States worth a row, by their seconds at the step that is explained."""
    if not steps:
        return []
    main = situation.growth.high if situation.growth is not None else steps[-1]
    worth = {
        state
        for one in steps
        for state, seconds in one.seconds.items()
        if seconds >= LEAST_RATIO * one.response_s
    }
    return sorted(worth, key=lambda state: (-main.seconds.get(state, 0.0), state))[:MOST_ROWS]


def _name(situation: Situation, state: State) -> str:
    words = STATE_WORDS.get(state.kind, state.kind)
    if state.kind == "step":
        return f"{state.resource.replace(':', ' ', 1)}, not explained further"
    if state.site == NO_SITE:
        return words
    return f"{words}: {say_location(locate_site(situation, state.site))}"


def _row(situation: Situation, name: str, states: Sequence[State], steps: Sequence[Breakdown]) -> list[str]:
    cells = [format_seconds(sum(one.seconds.get(state, 0.0) for state in states)) for one in steps]
    growth = situation.growth
    if growth is None or not growth.is_enough:
        return [name, *cells]
    share = sum(row.share for row in growth.rows if row.state in states)
    return [name, *cells, format_ratio(max(share, 0.0))]


def _total(situation: Situation) -> list[str]:
    return [format_ratio(1.0)] if _has_growth(situation) else []

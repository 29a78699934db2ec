"""Two runs side by side: where each saturates, why, and what differs.  Pure: verdicts in, records out.

Public: what ``chainload compare --json`` prints.  A difference is called one only where the 95 % intervals of both lie
apart; steps are compared at equal numbers of users.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from reports.step_table import NORMAL_95
from reports.verdict import StepSummary, Verdict

COMPARISON_SCHEMA = 1
SAME_SETTINGS = ("name", "working_directory")  # that these differ tells nothing
Change = Literal["more", "less", "same", "unknown"]


class StepPair(msgspec.Struct, frozen=True, kw_only=True):
    """A number of users that both runs held; None: not known."""

    users: int
    a_throughput_per_s: float | None
    b_throughput_per_s: float | None
    throughput: Change  # of B against A
    a_p50_s: float | None
    b_p50_s: float | None
    a_p95_s: float | None
    b_p95_s: float | None
    a_error_ratio: float | None
    b_error_ratio: float | None


class StatePair(msgspec.Struct, frozen=True, kw_only=True):
    """Mean seconds of a traced request in one state, in both runs."""

    state: str  # see reports.states
    a_s: float
    b_s: float

    @property
    def added_s(self) -> float:
        return self.b_s - self.a_s


class SettingPair(msgspec.Struct, frozen=True, kw_only=True):
    """A setting, or a version, that is not the same."""

    name: str
    a: str
    b: str


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """B against A."""

    schema: int = COMPARISON_SCHEMA
    a: Verdict
    b: Verdict
    users: Change  # users at which it saturates
    throughput: Change  # the most it gives
    is_same_cause: bool | None  # the first limit, with its place; None: neither run has one
    steps: list[StepPair]  # by users
    states_users: int | None  # users at which the states are compared; None: no step was traced in both
    states: list[StatePair]  # largest change first
    settings: list[SettingPair]
    environment: list[SettingPair]


def compare(a: Verdict, b: Verdict) -> Comparison:
    users, states = _compare_states(a, b)
    return Comparison(
        a=a,
        b=b,
        users=_compare_users(a, b),
        throughput=_compare_throughput(a, b),
        is_same_cause=_is_same_cause(a, b),
        steps=[_pair(one, other) for one, other in _match(a.steps, b.steps)],
        states_users=users,
        states=states,
        settings=list(_differences(a.run.get("settings"), b.run.get("settings"))),
        environment=list(_differences(a.run.get("environment"), b.run.get("environment"))),
    )


# ---- where ----


def _users_between(verdict: Verdict) -> tuple[float, float] | None:
    """The interval in which the point lies; open upwards when it was not reached."""
    saturation = verdict.saturation
    if saturation.status == "not_reached" and saturation.lower_bound_users is not None:
        return saturation.lower_bound_users, float("inf")
    return saturation.interval


def _compare_users(a: Verdict, b: Verdict) -> Change:
    one, other = _users_between(a), _users_between(b)
    if one is None or other is None or one[1] == other[1] == float("inf"):
        return "unknown"
    return _compare_intervals(one, other)


def _compare_intervals(one: tuple[float, float], other: tuple[float, float]) -> Change:
    if other[0] > one[1]:
        return "more"
    return "less" if other[1] < one[0] else "same"


def _compare_throughput(a: Verdict, b: Verdict) -> Change:
    """By the steps that gave most."""
    best = [max((s for s in v.steps if s.throughput_per_s), key=_rate, default=None) for v in (a, b)]
    return "unknown" if best[0] is None or best[1] is None else _compare_steps(best[0], best[1])


def _rate(step: StepSummary) -> float:
    return step.throughput_per_s or 0.0


def _compare_steps(one: StepSummary, other: StepSummary) -> Change:
    margins = [_margin(step) for step in (one, other)]
    if margins[0] is None or margins[1] is None:
        return "unknown"
    return _compare_intervals(margins[0], margins[1])


def _margin(step: StepSummary) -> tuple[float, float] | None:
    if step.throughput_per_s is None or step.throughput_se_per_s is None:
        return None
    margin = NORMAL_95 * step.throughput_se_per_s
    return step.throughput_per_s - margin, step.throughput_per_s + margin


# ---- why ----


def _is_same_cause(a: Verdict, b: Verdict) -> bool | None:
    causes = [_limit(verdict) for verdict in (a, b)]
    return None if causes == [None, None] else causes[0] == causes[1]


def _limit(verdict: Verdict) -> tuple[str, str | None, str | None] | None:
    """Its cause, file and function: lines move when code is edited."""
    found = next((finding for finding in verdict.findings if finding.role == "limit"), None)
    if found is None:
        return None
    place = found.location
    return found.cause, place.file if place else None, place.function if place else None


# ---- steps and states ----


def _match(a: Sequence[StepSummary], b: Sequence[StepSummary]) -> list[tuple[StepSummary, StepSummary]]:
    """Steps with equal users; of repeated ones the last."""
    ones, others = ({step.users: step for step in steps} for steps in (a, b))
    return [(ones[users], others[users]) for users in sorted(ones.keys() & others.keys())]


def _pair(one: StepSummary, other: StepSummary) -> StepPair:
    return StepPair(
        users=one.users,
        a_throughput_per_s=one.throughput_per_s,
        b_throughput_per_s=other.throughput_per_s,
        throughput=_compare_steps(one, other),
        a_p50_s=one.response_p50_s,
        b_p50_s=other.response_p50_s,
        a_p95_s=one.response_p95_s,
        b_p95_s=other.response_p95_s,
        a_error_ratio=one.error_ratio,
        b_error_ratio=other.error_ratio,
    )


def _compare_states(a: Verdict, b: Verdict) -> tuple[int | None, list[StatePair]]:
    """At the most users that both held and traced."""
    traced = [(one, other) for one, other in _match(a.steps, b.steps) if one.states and other.states]
    if not traced:
        return None, []
    one, other = traced[-1]
    before, after = one.states or {}, other.states or {}
    pairs = [
        StatePair(state=state, a_s=before.get(state, 0.0), b_s=after.get(state, 0.0))
        for state in {**before, **after}
    ]
    return one.users, sorted(pairs, key=lambda pair: (-abs(pair.added_s), pair.state))


def _differences(a: Any, b: Any) -> Iterator[SettingPair]:
    """Settings written by another version may be missing on one side."""
    before, after = (value if isinstance(value, dict) else {} for value in (a, b))
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name), after.get(name)
        if one != other and name not in SAME_SETTINGS:
            yield SettingPair(name=name, a=_show(one), b=_show(other))


def _show(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "not set" if value is None else str(value)

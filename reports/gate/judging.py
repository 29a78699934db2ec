"""How a measured value is held against a limit: on its interval, never on the point alone.  Pure."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from reports.gate.criteria import CriterionResult, Status
from reports.gate.subject import Interval, Subject
from reports.units import (
    format_number,
    format_rate,
    format_ratio,
    format_seconds,
    format_user_number,
    format_users,
)

UNITS = {
    "users": format_users,
    "s": format_seconds,
    "per_s": format_rate,
    "ratio": format_ratio,
    "": format_number,
}


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that was asked for."""

    name: str
    threshold: float
    unit: str
    is_minimum: bool  # at least so much; else at most


def say(value: float, unit: str) -> str:
    return UNITS[unit](value)


def say_interval(interval: Interval, unit: str) -> str:
    """ "95 %: 16–20", or "95 %: 1.8 s or more"."""
    low, high = interval
    if math.isinf(high):
        return f"95 %: {say(low, unit)} or more"
    if unit == "users":
        return f"95 %: {format_user_number(low)}–{format_user_number(high)}"
    return f"95 %: {say(low, unit)} to {say(high, unit)}"


def say_bound(bound: Bound) -> str:
    """ "at least 15 users are asked for"."""
    if not bound.is_minimum:
        return f"at most {say(bound.threshold, bound.unit)} is allowed"
    return f"at least {say(bound.threshold, bound.unit)} {'are' if bound.unit == 'users' else 'is'} asked for"


def make_result(
    subject: Subject, bound: Bound, status: Status, reason: str, **fields: Any
) -> CriterionResult:
    """The result of a bound; what failed points at the line that limits the run."""
    return CriterionResult(
        name=bound.name,
        scenario=subject.scenario,
        status=status,
        reason=reason,
        threshold=bound.threshold,
        unit=bound.unit,
        **{"location": subject.place if status == "failed" else None, **fields},
    )


def judge_interval(
    subject: Subject, bound: Bound, observed: float, interval: Interval, *, what: str
) -> CriterionResult:
    """Passed when the whole interval keeps the limit, failed when none of it does, inconclusive between.

    what: what was measured, in words: "p95 at 10 users".
    """
    low, high = interval
    keeps, breaks = (
        (low >= bound.threshold, high < bound.threshold)
        if bound.is_minimum
        else (high <= bound.threshold, low > bound.threshold)
    )
    status: Status = "passed" if keeps else "failed" if breaks else "inconclusive"
    doubt = doubt_of(subject) if status == "failed" else None
    said = f"{_say_measured(what, observed, interval, bound.unit)}; {say_bound(bound)}"
    ending = ""
    if status == "inconclusive":
        why = "too few answers" if math.isinf(high) else "too close"
        ending = f": {why} to tell; hold the step longer"
    if doubt:
        status, ending = "inconclusive", f"; but {doubt}"
    return make_result(
        subject,
        bound,
        status,
        f"{said}{ending}.",
        observed=observed if math.isfinite(observed) else None,
        interval=_finite(interval),
    )


def _finite(interval: Interval) -> Interval | None:
    """JSON has no infinity."""
    return interval if math.isfinite(interval[1]) else None


def _say_measured(what: str, observed: float, interval: Interval, unit: str) -> str:
    if math.isinf(interval[0]):
        return f"there is no {what}: so many requests were never answered well"
    value = f"{say(observed, unit)} " if math.isfinite(observed) else ""
    return f"{what} is {value}({say_interval(interval, unit)})"


def doubt_of(subject: Subject) -> str | None:
    """Why slowness may not be the chain's: the provider was late, and no line of the chain explains the limit."""
    late = subject.verdict.health.mock
    found = subject.limit
    if late is None or (found is not None and found.confidence == "high"):
        return None
    return f"the mock provider: {late}"

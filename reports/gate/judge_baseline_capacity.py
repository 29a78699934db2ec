"""How much a run carries, against the kept one with slack: only on the same machine.  Pure."""

from __future__ import annotations

from typing import Any

from reports.gate.baseline import KeptRun
from reports.gate.criteria import CriterionResult, Status
from reports.gate.judging import doubt_of, say_interval
from reports.gate.kept import find_other_machine, result_of, users_now, users_of
from reports.gate.subject import NORMAL_95, Interval, Subject
from reports.units import format_rate, format_ratio, format_users
from reports.words import is_generator_limited


def judge_users(subject: Subject, kept: KeptRun, slack: float) -> CriterionResult:
    """Failed when even the high end of the interval lies below what the baseline's low end allows."""
    name = "saturation users"
    withheld = _withhold(subject, kept, name)
    if withheld is not None:
        return withheld
    before, now = users_of(kept.interval, kept.lower_bound_users), users_now(subject)
    if before is None or now is None:
        reason = (
            f"not known {'in the baseline' if before is None else 'in this run'}: {_why_unknown(subject)}."
        )
        return result_of(subject, name, "inconclusive", reason)
    least = before[0] * (1 - slack)
    reason = (
        f"saturates at {_say_users(now, subject.verdict.saturation.users)}; the baseline at "
        f"{_say_users(before, kept.users)}: at least {format_users(least)} with a slack of {format_ratio(slack)}."
    )
    observed = subject.verdict.saturation.users
    return _hold_against(subject, name, now, least, reason, observed=observed, threshold=least, unit="users")


def judge_throughput(subject: Subject, kept: KeptRun, slack: float) -> CriterionResult:
    """By the step that gave most: a hold that became longer costs throughput, not users."""
    name = "throughput"
    withheld = _withhold(subject, kept, name)
    if withheld is not None:
        return withheld
    known = [step for step in subject.closed_steps if step.throughput_per_s is not None]
    best = max(known, key=lambda step: step.throughput_per_s or 0.0, default=None)
    if best is None or best.throughput_per_s is None or kept.max_throughput_per_s is None:
        return result_of(subject, name, "inconclusive", f"not known: {_why_unknown(subject)}.")
    margin, least = NORMAL_95 * (best.throughput_se_per_s or 0.0), kept.max_throughput_per_s * (1 - slack)
    now = best.throughput_per_s - margin, best.throughput_per_s + margin
    reason = (
        f"at most {format_rate(best.throughput_per_s)} ({say_interval(now, 'per_s')}), "
        f"{format_rate(kept.max_throughput_per_s)} in the baseline: at least {format_rate(least)} with a slack of "
        f"{format_ratio(slack)}."
    )
    observed = best.throughput_per_s
    return _hold_against(subject, name, now, least, reason, observed=observed, threshold=least, unit="per_s")


def _withhold(subject: Subject, kept: KeptRun, name: str) -> CriterionResult | None:
    """Why times and rates are not compared; None when they are."""
    if is_generator_limited(subject.verdict):
        reason = "the load generator was the limit, so nothing can be said about the chain."
        return result_of(subject, name, "inconclusive", reason, fault="generator")
    other = find_other_machine(subject, kept)
    if other is None:
        return None
    reason = f"another machine than the baseline's ({other}), so this is not compared."
    return result_of(subject, name, "inconclusive", reason)


def _hold_against(
    subject: Subject, name: str, now: Interval, least: float, reason: str, **fields: Any
) -> CriterionResult:
    status: Status = "failed" if now[1] < least else "passed" if now[0] >= least else "inconclusive"
    doubt = doubt_of(subject) if status == "failed" else None
    if doubt:
        status, reason = "inconclusive", f"{reason} But {doubt}."
    return result_of(subject, name, status, reason, location=subject.place, **fields)


def _why_unknown(subject: Subject) -> str:
    return subject.verdict.saturation.reason or "the point of saturation has no interval"


def _say_users(interval: Interval, users: float | None) -> str:
    if users is None:
        return f"more than {format_users(interval[0])}"
    return f"{format_users(users)} ({say_interval(interval, 'users')})"

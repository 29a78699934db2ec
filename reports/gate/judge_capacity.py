"""How many users a run carries, held against what is asked for: point of saturation, safe users.  Pure."""

from __future__ import annotations

import math

from reports.gate.criteria import CriterionResult
from reports.gate.judging import Bound, judge_interval, make_result, say_bound
from reports.gate.subject import Subject
from reports.informative_users import MARGIN
from reports.safe_users import find_safe_users
from reports.units import format_users
from reports.words import is_generator_limited, say_verdict

GENERATOR = "the load generator was the limit, so nothing can be said about the chain"


def judge_min_users(subject: Subject, minimum: float) -> CriterionResult:
    """On the interval of the saturation point."""
    bound = Bound(name="min_users", threshold=minimum, unit="users", is_minimum=True)
    saturation = subject.verdict.saturation
    if is_generator_limited(subject.verdict):
        return make_result(subject, bound, "inconclusive", f"{GENERATOR}.", fault="generator")
    if saturation.users is not None and saturation.interval is not None:
        return judge_interval(
            subject, bound, saturation.users, saturation.interval, what="the saturation point"
        )
    judge = {
        "not_reached": _judge_not_reached,
        "saturated_from_first_step": _judge_first_step,
    }.get(saturation.status, _judge_undecided)
    return judge(subject, bound)


def _judge_not_reached(subject: Subject, bound: Bound) -> CriterionResult:
    lower, top = subject.verdict.saturation.lower_bound_users, _top_users(subject)
    if lower is not None and lower >= bound.threshold:
        words = f"not saturated up to {format_users(top)}; {say_bound(bound)}."
        return make_result(subject, bound, "passed", words, observed=lower, interval=None)
    wanted = math.ceil(bound.threshold * MARGIN)
    return make_result(
        subject,
        bound,
        "failed",
        f"{say_bound(bound)}, but the steps went to {format_users(top)} only; "
        f"add a step of {format_users(wanted)} or more.",
        observed=lower,
        location=None,
    )


def _judge_first_step(subject: Subject, bound: Bound) -> CriterionResult:
    first = min((step.users for step in subject.closed_steps), default=0)
    said = f"saturated from the first step ({format_users(first)})"
    if first < bound.threshold:
        return make_result(subject, bound, "failed", f"{said}; {say_bound(bound)}.")
    return make_result(subject, bound, "inconclusive", f"{said}; add a step of 1 user to tell from where on.")


def _judge_undecided(subject: Subject, bound: Bound) -> CriterionResult:
    """Undecided because the chain is broken is no matter of more measuring."""
    said = say_verdict(subject.verdict)
    defect = next((finding for finding in subject.verdict.findings if finding.role == "defect"), None)
    if defect is not None:
        return make_result(
            subject, bound, "failed", f"{said} {defect.summary}", location=defect.location or subject.place
        )
    if not any(step.ok_count for step in subject.verdict.steps):
        return make_result(subject, bound, "failed", f"{said} No request was answered.")
    return make_result(subject, bound, "inconclusive", said)


def judge_min_safe_users(subject: Subject, minimum: float) -> CriterionResult:
    """Against the largest tested step that is still efficient."""
    bound = Bound(name="min_safe_users", threshold=minimum, unit="users", is_minimum=True)
    verdict = subject.verdict
    if is_generator_limited(verdict):
        return make_result(subject, bound, "inconclusive", f"{GENERATOR}.", fault="generator")
    safe = find_safe_users(verdict.saturation)
    if safe is not None and safe.users >= minimum:
        words = f"safe with {format_users(safe.users)} ({safe.note}); {say_bound(bound)}."
        return make_result(subject, bound, "passed", words, observed=float(safe.users))
    if _top_users(subject) < minimum:
        words = f"{say_bound(bound)}, but the steps went to {format_users(_top_users(subject))} only."
        return make_result(subject, bound, "failed", words, location=None)
    if safe is None and verdict.saturation.status == "undecided":
        return _judge_undecided(subject, bound)
    return _judge_unsafe(subject, bound, safe.users if safe else None)


def _judge_unsafe(subject: Subject, bound: Bound, safe: int | None) -> CriterionResult:
    """Failed when fewer users than asked for were tried and were too many; else no step lies near enough to tell."""
    known = f"safe with {format_users(safe)}" if safe is not None else "no tested step is efficient"
    asked = say_bound(bound)
    interval = subject.verdict.saturation.interval
    tried = [step.users for step in subject.closed_steps if (safe or 0) < step.users <= bound.threshold]
    observed = None if safe is None else float(safe)
    if tried or (interval is not None and interval[1] < bound.threshold):
        return make_result(subject, bound, "failed", f"{known}; {asked}.", observed=observed)
    words = f"{known}; {asked}: add a step of {format_users(math.ceil(bound.threshold))} to tell."
    return make_result(subject, bound, "inconclusive", words, observed=observed)


def _top_users(subject: Subject) -> int:
    return max((step.users for step in subject.closed_steps), default=0)

"""What single steps measured, held against what is asked for at numbers of users.  Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reports.causes.load_generator_limit import BUSY_RATIO
from reports.columns import Floats
from reports.gate.criteria import CriterionResult
from reports.gate.judging import Bound, judge_interval, make_result, say, say_bound
from reports.gate.limits import AtUsers
from reports.gate.subject import (
    NORMAL_95,
    Interval,
    Subject,
    quantile_interval,
    ratio_interval,
)
from reports.units import format_ratio, format_users, plural
from reports.verdict import StepSummary

FEWEST_REQUESTS = 20  # of which a share means something
Estimate = tuple[float, Interval]
NO_TIMES = "no request was answered there"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMetric:
    """One thing a step measures."""

    name: str  # of the limit
    words: str
    unit: str
    measure: Callable[[Subject, StepSummary], Estimate | None]
    missing: str = NO_TIMES  # why there may be none
    is_minimum: bool = False


def _throughput(_subject: Subject, step: StepSummary) -> Estimate | None:
    if step.throughput_per_s is None or step.throughput_se_per_s is None:
        return None
    margin = NORMAL_95 * step.throughput_se_per_s
    return step.throughput_per_s, (step.throughput_per_s - margin, step.throughput_per_s + margin)


def _response(q: float) -> Callable[[Subject, StepSummary], Estimate | None]:
    return lambda subject, step: _quantile(subject.times[step.index].response_s, q)


def _first_token(subject: Subject, step: StepSummary) -> Estimate | None:
    """None where no token was timed at all."""
    if step.first_token_p95_s is None:
        return None
    return _quantile(subject.times[step.index].first_token_s, 0.95)


def _quantile(ascending: Floats, q: float) -> Estimate | None:
    """Infinite when that many requests failed."""
    interval = quantile_interval(ascending, q)
    return None if interval is None else (float(ascending[math.ceil(q * len(ascending)) - 1]), interval)


METRICS = (
    StepMetric(name="min_throughput", words="throughput", unit="per_s", measure=_throughput, is_minimum=True),
    StepMetric(name="max_p50", words="p50", unit="s", measure=_response(0.5)),
    StepMetric(name="max_p95", words="p95", unit="s", measure=_response(0.95)),
    StepMetric(name="max_p99", words="p99", unit="s", measure=_response(0.99)),
    StepMetric(
        name="max_ttft",
        words="p95 of the time to the first token",
        unit="s",
        measure=_first_token,
        missing="no tokens were timed there; they are in mode astream",
    ),
)


def judge_at(subject: Subject, metric: StepMetric, asked: AtUsers) -> CriterionResult:
    """One metric at one number of users.  What was not measured has failed: a gate that measures nothing is broken."""
    users = asked.users or 0
    bound = Bound(
        name=f"{metric.name} at {format_users(users)}",
        threshold=asked.limit,
        unit=metric.unit,
        is_minimum=metric.is_minimum,
    )
    step = subject.step_at(users)
    if step is None:
        return make_result(subject, bound, "failed", _say_no_step(subject, users), location=None)
    if is_generator_busy(step):
        return make_result(subject, bound, "inconclusive", _say_busy(step), fault="generator", location=None)
    estimate = metric.measure(subject, step)
    if estimate is None:
        words = f"{metric.words} at {format_users(users)} is not known: {metric.missing}."
        return make_result(subject, bound, "failed", words)
    return judge_interval(subject, bound, *estimate, what=f"{metric.words} at {format_users(users)}")


def is_generator_busy(step: StepSummary) -> bool:
    return (step.generator_cpu_ratio or 0.0) >= BUSY_RATIO


def _say_busy(step: StepSummary) -> str:
    return (
        f"the load generator used {format_ratio(step.generator_cpu_ratio)} of a CPU with {format_users(step.users)}: "
        "what it measured there may be its own; use more processes, or fewer users."
    )


def _say_no_step(subject: Subject, users: int) -> str:
    steps = ", ".join(str(step.users) for step in subject.closed_steps) or "none"
    return f"no step of {format_users(users)} was measured (steps: {steps}); add {users} to the steps."


# ---- errors and retries: of one step, or the worst of all ----


def judge_error_ratio(subject: Subject, asked: AtUsers) -> CriterionResult:
    """By the share itself; that a limit is broken must be beyond chance, unless no error is allowed."""
    bound = Bound(name=_name("max_error_ratio", asked), threshold=asked.limit, unit="ratio", is_minimum=False)
    chosen = _choose(subject, bound, asked, lambda step: step.error_ratio)
    if isinstance(chosen, CriterionResult):
        return chosen
    step, ratio = chosen
    interval = ratio_interval(step.error_count, step.sample_count) or (0.0, 1.0)
    said = (
        f"{format_ratio(ratio)} of requests failed with {format_users(step.users)} "
        f"({plural(step.error_count, 'error')} of {step.sample_count:,}); {say_bound(bound)}"
    )
    if ratio <= bound.threshold:
        enough = step.sample_count >= FEWEST_REQUESTS
        said += (
            "." if enough else f"; fewer than {FEWEST_REQUESTS} requests tell little: hold the step longer."
        )
        return make_result(
            subject, bound, "passed" if enough else "inconclusive", said, observed=ratio, interval=interval
        )
    is_clear = interval[0] > bound.threshold or bound.threshold == 0
    said += (
        f": {next(iter(step.errors), 'no message')}."
        if is_clear
        else "; so few errors may be chance: hold longer."
    )
    return make_result(
        subject, bound, "failed" if is_clear else "inconclusive", said, observed=ratio, interval=interval
    )


def judge_retry_amplification(subject: Subject, asked: AtUsers) -> CriterionResult:
    """Provider calls per first try: 1 when nothing is tried again."""
    bound = Bound(
        name=_name("max_retry_amplification", asked), threshold=asked.limit, unit="", is_minimum=False
    )
    chosen = _choose(subject, bound, asked, amplification_of)
    if isinstance(chosen, CriterionResult):
        return chosen
    step, ratio = chosen
    words = (
        f"{say(ratio, '')} provider calls per first try with {format_users(step.users)} "
        f"({plural(step.retry_count or 0, 'retry').replace('retrys', 'retries')}); {say_bound(bound)}."
    )
    status = "passed" if ratio <= bound.threshold else "failed"
    return make_result(subject, bound, status, words, observed=ratio)  # type: ignore[arg-type]


def amplification_of(step: StepSummary) -> float | None:
    """None: no provider ledger, or no call."""
    if step.calls is None or step.retry_count is None:
        return None
    calls = sum(step.calls.values())
    first = calls - step.retry_count
    return calls / first if first > 0 else (math.inf if calls else None)


def _name(name: str, asked: AtUsers) -> str:
    return name if asked.users is None else f"{name} at {format_users(asked.users)}"


def _choose(
    subject: Subject, bound: Bound, asked: AtUsers, measure: Callable[[StepSummary], float | None]
) -> CriterionResult | tuple[StepSummary, float]:
    """The step to judge and its value, the worst where all are meant; a result when there is none."""
    steps: Sequence[StepSummary] = subject.verdict.steps
    if asked.users is not None:
        step = subject.step_at(asked.users)
        if step is None:
            return make_result(subject, bound, "failed", _say_no_step(subject, asked.users), location=None)
        steps = [step]
    known = list(_known(steps, measure))
    if not known:
        return make_result(subject, bound, "failed", "not known: nothing of it was measured.")
    return max(known, key=lambda pair: (pair[1], pair[0].sample_count))


def _known(
    steps: Sequence[StepSummary], measure: Callable[[StepSummary], float | None]
) -> Iterator[tuple[StepSummary, float]]:
    for step in steps:
        value = measure(step)
        if value is not None:
            yield step, value

"""One run against all of its limits.  Pure; one line a criterion."""

from __future__ import annotations

from collections.abc import Iterator

from reports.gate.criteria import CriterionResult
from reports.gate.judge_capacity import judge_min_safe_users, judge_min_users
from reports.gate.judge_findings import judge_forbidden, judge_measurement, judge_probe_overhead
from reports.gate.judge_steps import METRICS, judge_at, judge_error_ratio, judge_retry_amplification
from reports.gate.limits import Limits
from reports.gate.subject import Subject


def judge(subject: Subject, limits: Limits) -> list[CriterionResult]:
    """Whether the run can be believed, then every criterion that is asked for, each once."""
    return [judge_measurement(subject), *_judge_capacity(subject, limits), *_judge_rest(subject, limits)]


def _judge_capacity(subject: Subject, limits: Limits) -> Iterator[CriterionResult]:
    if limits.min_users is not None:
        yield judge_min_users(subject, limits.min_users)
    if limits.min_safe_users is not None:
        yield judge_min_safe_users(subject, limits.min_safe_users)


def _judge_rest(subject: Subject, limits: Limits) -> Iterator[CriterionResult]:
    for metric in METRICS:
        for asked in getattr(limits, metric.name):
            yield judge_at(subject, metric, asked)
    for asked in limits.max_error_ratio:
        yield judge_error_ratio(subject, asked)
    for asked in limits.max_retry_amplification:
        yield judge_retry_amplification(subject, asked)
    for cause in limits.forbid:
        yield judge_forbidden(subject, cause)
    if limits.max_probe_overhead is not None:
        yield judge_probe_overhead(subject, limits.max_probe_overhead)

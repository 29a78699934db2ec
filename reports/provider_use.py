"""How much of what the provider allows was used, and how its calls ended.  Pure; from its ledger and its plan."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from reports.columns import NO_LABEL
from reports.dataset import Dataset, StepData
from reports.tables import ATTEMPT_OUTCOMES, Attempts
from reports.verdict import StepSummary

MINUTE_S = 60.0


def read_bounds(plan: dict[str, Any], attempts: Attempts) -> tuple[float | None, float | None]:
    """Slots, and calls a minute; None where the plan has no such bound, or nothing ever met it.

    A bucket of calls lasts a while before it refuses any: until then its rate is no bound.
    """
    is_refusing = bool(np.any(attempts.is_outcome("rate_limited")))
    per_minute = _number(plan, "limits", "requests_per_minute")
    return _number(plan, "capacity", "slots"), per_minute if is_refusing else None


def _number(plan: dict[str, Any], section: str, key: str) -> float | None:
    """A setting of the plan; None when it is not there, or no positive number."""
    settings = plan.get(section)
    value = settings.get(key) if isinstance(settings, dict) else None
    return float(value) if isinstance(value, int | float) and value > 0 else None


def measure_calls_in_work(attempts: Attempts, begin_s: float, end_s: float) -> float:
    """At a time, mean, those in the provider's queue left out; 0 for a stretch of no length."""
    if end_s <= begin_s:
        return 0.0
    ends_s = np.clip(np.nan_to_num(attempts.end_s, nan=end_s), begin_s, end_s)
    begins_s = np.clip(attempts.received_s + attempts.queued_s, begin_s, end_s)
    return float(np.sum(np.maximum(ends_s - begins_s, 0.0))) / (end_s - begin_s)


def measure_calls_per_minute(attempts: Attempts, begin_s: float, end_s: float) -> float:
    """Those that the limit let through."""
    if end_s <= begin_s:
        return 0.0
    taken = (attempts.received_s >= begin_s) & (attempts.received_s < end_s)
    return float(np.sum(taken & ~attempts.is_outcome("rate_limited"))) / (end_s - begin_s) * MINUTE_S


def count_calls(dataset: Dataset, steps: list[StepSummary]) -> list[StepSummary]:
    """The steps with the provider calls made in each, by how they ended; unchanged without a ledger."""
    if dataset.attempts is None:
        return steps
    known = {step.index: step for step in dataset.steps}
    return [
        _count(step, known[step.index], dataset.attempts) if step.index in known else step for step in steps
    ]


def _count(summary: StepSummary, step: StepData, attempts: Attempts) -> StepSummary:
    until_s = step.end_s if step.drained_s is None else step.drained_s
    own = attempts.take((attempts.received_s >= step.start_s) & (attempts.received_s <= until_s))
    kinds = len(own.faults) + 1  # none is one, too
    counts = np.bincount(own.outcome.astype(np.intp) * kinds + own.fault - NO_LABEL)
    calls: dict[str, int] = {}
    for code in np.flatnonzero(counts).tolist():
        name = _name(own, code // kinds, code % kinds + NO_LABEL)
        calls[name] = calls.get(name, 0) + int(counts[code])
    return msgspec.structs.replace(
        summary,
        calls=dict(sorted(calls.items(), key=lambda item: -item[1])),
        retry_count=int(np.sum(own.retry_count > 0)),
    )


def _name(attempts: Attempts, outcome: int, fault: int) -> str:
    """ "ok", "rate_limited" …; of an injected fault, "fault: " and its kind."""
    word = ATTEMPT_OUTCOMES[outcome]
    return f"{word}: {attempts.faults[fault]}" if word == "fault" and fault != NO_LABEL else word

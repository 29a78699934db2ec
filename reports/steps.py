"""What each step measured: warm-up cut off, goodput with its standard error, percentiles, errors, steadiness.

Pure: reads a Dataset, or bare samples of steps measured elsewhere.  What cannot be told is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.records import GeneratorHealth
from reports.columns import NO_LABEL, Floats
from reports.dataset import Dataset, StepData
from reports.error_groups import group_errors
from reports.open_loop import WARMUP_RATIO
from reports.tables import SAMPLE_OUTCOMES, Attempts, Samples
from reports.verdict import StepSummary
from reports.windows import (
    BATCHES,
    FEWEST_FOR_STEADINESS,
    completions_until,
    find_warmup_s,
    first_ends,
    is_settled,
    is_warm,
    relative_error,
    trend_of,
)

MOST_ERRORS_LISTED = 10
TOO_MANY_REQUESTS = 429


def summarise_steps(dataset: Dataset) -> list[StepSummary]:
    """Every step of a run, in order; without efficiency, which needs the saturation point's base response time."""
    return [
        summarise_step(step, attempts=dataset.attempts, generator=dataset.generator) for step in dataset.steps
    ]


def summarise_step(
    step: StepData, *, attempts: Attempts | None = None, generator: Sequence[GeneratorHealth] = ()
) -> StepSummary:
    """One step.  ``attempts`` and ``generator`` may be of the whole run."""
    samples = step.samples
    ends_s = first_ends(samples.start_s, samples.end_s, samples.user, users=step.users)
    is_open = step.arrivals_per_s is not None
    warmup_s = (
        WARMUP_RATIO * step.hold_s
        if is_open
        else find_warmup_s(ends_s, begin_s=step.start_s, hold_s=step.hold_s)
    )
    begin_s, window_s = step.start_s + warmup_s, step.hold_s - warmup_s
    window = samples.take((samples.end_s > begin_s) & (samples.end_s <= step.end_s))
    good = window.take(window.is_ok)
    throughput, error, rates = _measure_throughput(step, good, begin_s=begin_s, window_s=window_s)
    warm = is_open or is_warm(ends_s, begin_s=step.start_s, hold_s=step.hold_s)
    own = [health for health in generator if health.step == step.index]
    return StepSummary(
        index=step.index,
        users=step.users,
        hold_s=step.hold_s,
        warmup_s=warmup_s,
        window_s=window_s,
        sample_count=len(window),
        ok_count=len(good),
        error_count=len(window) - len(good),
        censored_count=int(np.sum(~(samples.end_s <= step.end_s))),
        throughput_per_s=throughput,
        throughput_se_per_s=error,
        error_ratio=(len(window) - len(good)) / len(window) if len(window) else None,
        efficiency=None,
        is_steady=_is_steady(step, good, rates) if warm else False,
        purpose=step.purpose,
        arrivals_per_s=step.arrivals_per_s,
        errors=_count_errors(window),
        rate_limited_count=_count_rate_limited(step, attempts),
        attempts_per_request=_attempts_per_request(step, attempts),
        generator_cpu_ratio=max((health.cpu_ratio for health in own), default=None),
        generator_lag_s=max(
            (health.lag_p95_s for health in own if health.lag_p95_s is not None), default=None
        ),
        tokens_per_s=_measure_tokens(good, throughput),
        **_measure_times(good, good.due_s if is_open else good.start_s),
    )


def _measure_times(good: Samples, begin_s: Floats) -> dict[str, Any]:
    """Fields of StepSummary that come from the good answers alone.  begin_s: from when they count."""
    response_s, first_token_s = good.end_s - begin_s, good.first_chunk_s - begin_s
    return {
        "response_mean_s": float(np.mean(response_s)) if len(good) else None,
        "response_p50_s": _quantile(response_s, 0.5),
        "response_p95_s": _quantile(response_s, 0.95),
        "response_p99_s": _quantile(response_s, 0.99),
        "first_token_p50_s": _quantile(first_token_s, 0.5),
        "first_token_p95_s": _quantile(first_token_s, 0.95),
        "token_gap_p50_s": _quantile(good.chunk_gap_p50_s, 0.5),
        "token_gap_max_p95_s": _quantile(good.chunk_gap_max_s, 0.95),
    }


def _measure_tokens(good: Samples, throughput_per_s: float | None) -> float | None:
    """Tokens a second; None when nothing was streamed."""
    streamed = good.chunk_count[good.chunk_count >= 0]
    if throughput_per_s is None or not len(streamed):
        return None
    return throughput_per_s * float(np.sum(streamed)) / len(good)


def _measure_throughput(
    step: StepData, good: Samples, *, begin_s: float, window_s: float
) -> tuple[float | None, float | None, Floats]:
    """Goodput and its standard error, None when nothing ended well; and goodput in equal parts of the window."""
    if not len(good) or window_s <= 0:
        return None, None, np.zeros(BATCHES)
    in_parts = _are_ends_known(step)
    running = step.samples.take(step.samples.is_ok & (step.samples.end_s > begin_s))
    edges_s = np.linspace(begin_s, step.end_s, BATCHES + 1)
    done = completions_until(running.start_s, running.end_s, edges_s, in_parts=in_parts)
    rates = np.diff(done) * (BATCHES / window_s)
    throughput = float(done[-1] - done[0]) / window_s
    share = relative_error(rates, good.end_s - good.start_s, users=step.users, in_parts=in_parts)
    return throughput, throughput * share, rates


def _are_ends_known(step: StepData) -> bool:
    """Whether what was in flight at the step's end was seen to end; other tools tend to leave it out."""
    if step.arrivals_per_s is not None:
        return False  # with a queue that grows, parts of what waits would count as answered
    return bool(np.any(step.samples.end_s > step.end_s) and not np.any(np.isnan(step.samples.end_s)))


def _is_steady(step: StepData, good: Samples, rates: Floats) -> bool | None:
    """None: too short to tell."""
    if len(good) < FEWEST_FOR_STEADINESS:
        return None
    middle_s = step.start_s + step.hold_s / 2
    return trend_of(rates) is None and is_settled(good.end_s, good.end_s - good.start_s, middle_s=middle_s)


def _quantile(values: Floats, q: float) -> float | None:
    known: NDArray[np.float64] = values[~np.isnan(values)]
    return float(np.quantile(known, q)) if len(known) else None


def _count_errors(window: Samples) -> dict[str, int]:
    """Messages with their counts, most frequent first; those that differ only in their numbers are one."""
    failed = window.take(~window.is_ok)
    counts = Counter(
        failed.errors[error] if error != NO_LABEL else SAMPLE_OUTCOMES[outcome]
        for error, outcome in zip(failed.error.tolist(), failed.outcome.tolist(), strict=True)
    )
    return dict(list(group_errors(counts.items()).items())[:MOST_ERRORS_LISTED])


def _during(step: StepData, attempts: Attempts) -> NDArray[np.bool_]:
    until_s = step.end_s if step.drained_s is None else step.drained_s
    return np.asarray((attempts.received_s >= step.start_s) & (attempts.received_s <= until_s))


def _count_rate_limited(step: StepData, attempts: Attempts | None) -> int | None:
    if attempts is None:
        return None
    return int(np.sum(_during(step, attempts) & (attempts.status == TOO_MANY_REQUESTS)))


def _attempts_per_request(step: StepData, attempts: Attempts | None) -> float | None:
    """Provider calls per request that was sent; those of requests still in flight count on both sides."""
    if attempts is None or not len(step.samples):
        return None
    return float(np.sum(_during(step, attempts)) / len(step.samples))

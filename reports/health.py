"""Whether a measurement can be believed: the load generator, the provider, the target, the run itself.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from reports.dataset import Dataset, StepData
from reports.probe_overhead import measure_probe_overhead
from reports.units import format_ratio, format_seconds, format_users, plural
from reports.verdict import Health, StepSummary

BUSY_RATIO = 0.8  # of a CPU: the generator is near its own limit
LATE_RATIO = 0.1  # of the median response time
LATE_S = 0.02
SLOW_RATIO = 0.05  # of the planned service time
SLOW_S = 0.01
NOTICE_KINDS = ("failed", "interrupted", "notice", "egress_refused")
MOST_NOTICES = 20


def judge_health(dataset: Dataset, steps: Sequence[StepSummary], caveats: Sequence[str] = ()) -> Health:
    """What is said in words is wrong; None: nothing is.

    caveats: what else is to be known about the run, in words.
    """
    return Health(
        load_generator=_judge_generator(steps),
        probe_overhead=measure_probe_overhead(dataset.events),
        mock=_judge_mock(dataset),
        target=_judge_target(dataset),
        notices=[*caveats, *_list_notices(dataset)][:MOST_NOTICES],
    )


def _judge_generator(steps: Sequence[StepSummary]) -> str | None:
    """At the first step where it is near its limit."""
    for step in sorted(steps, key=lambda step: step.users):
        cpu, late_s = step.generator_cpu_ratio or 0.0, step.generator_lag_s or 0.0
        usual_s = step.response_p50_s or float("inf")
        if cpu >= BUSY_RATIO:
            return f"used {format_ratio(cpu)} of a CPU with {format_users(step.users)}; times there may be its own"
        if late_s >= max(LATE_S, LATE_RATIO * usual_s):
            return (
                f"its timers fired up to {format_seconds(late_s)} late with {format_users(step.users)}; response times "
                "there are too long by as much"
            )
    return None


def _judge_mock(dataset: Dataset) -> str | None:
    """At the first step where its answers came clearly later than planned."""
    if dataset.attempts is None:
        return None
    for step in dataset.steps:
        late_s, planned_s = _lateness(dataset, step)
        if late_s >= max(SLOW_S, SLOW_RATIO * planned_s):
            return (
                f"its answers came {format_seconds(late_s)} later than planned with {format_users(step.users)} "
                "(median); this machine was busy"
            )
    return None


def _lateness(dataset: Dataset, step: StepData) -> tuple[float, float]:
    """Medians: achieved minus planned service time, and the planned one; 0 without attempts."""
    assert dataset.attempts is not None
    attempts = dataset.attempts
    during = (attempts.received_s >= step.start_s) & (attempts.received_s <= step.end_s)
    own = attempts.take(during & attempts.is_outcome("ok") & ~np.isnan(attempts.achieved_s))
    if not len(own):
        return 0.0, 0.0
    return float(np.median(own.achieved_s - own.injected_s)), float(np.median(own.injected_s))


def _judge_target(dataset: Dataset) -> str | None:
    restarts = dataset.events_of("target_restarted")
    cancelled = sum(step.cancelled_count or 0 for step in dataset.steps)
    parts = []
    if restarts:
        why = f" ({restarts[0].message})" if restarts[0].message else ""
        parts.append(f"started anew {plural(len(restarts), 'time')}{why}")
    if cancelled:
        parts.append(f"{plural(cancelled, 'request')} had to be cut off at the end of steps")
    return "; ".join(parts) or None


def _list_notices(dataset: Dataset) -> Iterator[str]:
    """In order of time, each once."""
    told = (event.message for event in dataset.events_of(*NOTICE_KINDS) if event.message)
    yield from dict.fromkeys(told)
    short = [step for step in dataset.steps if not step.is_complete]
    for step in short:
        yield f"the step of {format_users(step.users)} was not finished"

"""The run over time in bins, from its samples.  Pure; no sample is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.probe_records import LoopActivity
from mock_provider.records import AttemptOutcome
from reports.columns import Floats
from reports.dataset import Dataset, StepData
from reports.material import StepSpan, Timeline
from reports.verdict import StepSummary

SHORTEST_BIN_S = 1.0
MOST_BINS = 400  # a longer run gets wider bins


def make_timeline(
    dataset: Dataset, summaries: Sequence[StepSummary], loop: Sequence[LoopActivity] = ()
) -> Timeline | None:
    """None when no step began, or nothing ended.  loop: what the event loop did, where that was measured."""
    if not dataset.steps:
        return None
    origin_s = dataset.steps[0].start_s
    ended = [step.samples.end_s[~np.isnan(step.samples.end_s)] for step in dataset.steps]
    last_s = max(
        [step.end_s for step in dataset.steps] + [float(times.max()) for times in ended if len(times)]
    )
    if last_s <= origin_s:
        return None
    bin_s = choose_bin(last_s - origin_s)
    count = math.ceil((last_s - origin_s) / bin_s)
    good, bad = _split_outcomes(dataset)
    return Timeline(
        bin_s=bin_s,
        ok_counts=count_in_bins(good, origin_s, bin_s, count),
        error_counts=count_in_bins(bad, origin_s, bin_s, count),
        rate_limited_counts=_count_attempts(dataset, ("rate_limited",), origin_s, bin_s, count),
        fault_counts=_count_attempts(dataset, ("fault", "overloaded"), origin_s, bin_s, count),
        loop_late_ratios=_sum_lateness(loop, origin_s, bin_s, count),
        restarts_s=[event.at_s - origin_s for event in dataset.events_of("target_restarted")],
        spans=_list_spans(dataset.steps, summaries, origin_s),
    )


def choose_bin(duration_s: float) -> float:
    """One second, or the shortest round length that gives at most MOST_BINS."""
    least = max(SHORTEST_BIN_S, duration_s / MOST_BINS)
    return next(
        (float(length) for length in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600) if length >= least), least
    )


def count_in_bins(times_s: Floats, origin_s: float, bin_s: float, count: int) -> list[int]:
    """How many times fall in each bin; what lies outside is left out."""
    counts, _ = np.histogram(times_s, bins=count, range=(origin_s, origin_s + count * bin_s))
    return [int(n) for n in counts]


def _split_outcomes(dataset: Dataset) -> tuple[Floats, Floats]:
    good = [step.samples.end_s[step.samples.is_ok] for step in dataset.steps]
    bad = [step.samples.end_s[~step.samples.is_ok] for step in dataset.steps]
    return np.concatenate(good), np.concatenate([times[~np.isnan(times)] for times in bad])


def _count_attempts(
    dataset: Dataset, outcomes: Sequence[AttemptOutcome], origin_s: float, bin_s: float, count: int
) -> list[int] | None:
    if dataset.attempts is None:
        return None
    chosen = np.zeros(len(dataset.attempts), dtype=bool)
    for outcome in outcomes:
        chosen |= dataset.attempts.is_outcome(outcome)
    return count_in_bins(dataset.attempts.received_s[chosen], origin_s, bin_s, count)


def _sum_lateness(
    loop: Sequence[LoopActivity], origin_s: float, bin_s: float, count: int
) -> list[float] | None:
    """Of each bin, the part in stretches of the loop that were long enough to hurt others; None: not measured."""
    if not loop:
        return None
    moments = np.array([activity.end_s for activity in loop])
    late_s = np.array([activity.late_s for activity in loop])
    sums, _ = np.histogram(moments, bins=count, range=(origin_s, origin_s + count * bin_s), weights=late_s)
    return [min(1.0, float(value) / bin_s) for value in sums]


def _list_spans(
    steps: Sequence[StepData], summaries: Sequence[StepSummary], origin_s: float
) -> list[StepSpan]:
    known = {summary.index: summary for summary in summaries}
    return [
        StepSpan(
            users=step.users,
            start_s=step.start_s - origin_s,
            end_s=step.end_s - origin_s,
            warmup_end_s=step.start_s - origin_s + known[step.index].warmup_s,
            throughput_per_s=known[step.index].throughput_per_s,
            is_steady=known[step.index].is_steady,
        )
        for step in steps
        if step.index in known
    ]

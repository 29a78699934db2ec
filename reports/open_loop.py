"""Requests that arrived by the clock: what they waited from their due time, and which rates were sustained.  Pure.

A user who waits for each answer cannot be kept waiting by the requests he did not send meanwhile; traffic can.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from reports.columns import Floats
from reports.dataset import Dataset, StepData
from reports.verdict import ArrivalStep, OpenLoop, Saturation, StepSummary

WARMUP_RATIO = 0.25  # of the hold: a queue needs a few answers' time to fill
SUSTAINED_RATIO = 0.97  # of what arrived was answered well in the same time
FEWEST_LEFT = (
    3.0  # requests more in flight than before are chance, in standard deviations of Poisson arrivals
)
GROWN_RATIO = 1.3  # of the response time, from the first half of the window to the second
FEWEST_HALF = 10  # requests, for halves to be compared
LATE_S = 0.05  # sent so long after it was due: nobody was free


def split_loops(dataset: Dataset) -> tuple[Dataset, tuple[StepData, ...]]:
    """What the diagnosis works on, and the open-loop steps.

    Those that follow a closed loop are not part of its curve.  Where there are no others they are the steps, each with
    the users that it kept busy on average.
    """
    opened = tuple(step for step in dataset.steps if step.arrivals_per_s is not None)
    closed = tuple(step for step in dataset.steps if step.arrivals_per_s is None)
    if opened and not closed:
        closed = tuple(
            dataclasses.replace(step, users=max(round(_mean_in_flight(step)), 1)) for step in opened
        )
    return dataclasses.replace(dataset, steps=closed), opened


def measure_open_loop(opened: Sequence[StepData], closed: Sequence[StepSummary]) -> OpenLoop | None:
    """None without such steps.  closed: steps of users who wait, to compare with."""
    if not opened:
        return None
    steps = [_measure(step) for step in opened]
    return OpenLoop(steps=steps, compared_index=_find_alike(steps[-1], closed))


def find_point_by_arrivals(steps: Sequence[ArrivalStep]) -> Saturation:
    """Where rates stop being sustained, in users by Little's law: throughput x response time."""
    good = sorted((step for step in steps if step.is_sustained), key=lambda step: step.arrivals_per_s)
    lost = sorted(
        (step for step in steps if step.is_sustained is False), key=lambda step: step.arrivals_per_s
    )
    if not good and not lost:
        return _undecided("too few requests arrived in each step to tell whether the rate is sustained")
    if not good:
        return _undecided(
            f"the lowest rate, {lost[0].arrivals_per_s:g} a second, was not sustained; begin with a lower one"
        )
    base_s, most = good[0].response_mean_s, good[-1]
    if lost and lost[0].arrivals_per_s < most.arrivals_per_s:
        return _undecided("a higher rate was sustained than one that was not; take longer steps")
    if not lost or base_s is None:
        return Saturation(
            status="not_reached",
            users=None,
            interval=None,
            max_throughput_per_s=most.throughput_per_s,
            safe_users=None,
            next_step=None,
            lower_bound_users=most.in_flight,
            base_response_s=base_s,
            basis="arrivals",
        )
    plateau = max(step.throughput_per_s or 0.0 for step in [most, *lost])
    low, high = most.arrivals_per_s * base_s, max(lost[0].arrivals_per_s, plateau) * base_s
    return Saturation(
        status="saturated",
        users=min(max(plateau * base_s, low), high),
        interval=(low, high),
        max_throughput_per_s=plateau,
        safe_users=None,
        next_step=None,
        base_response_s=base_s,
        basis="arrivals",
    )


def _undecided(reason: str) -> Saturation:
    return Saturation(
        status="undecided",
        users=None,
        interval=None,
        max_throughput_per_s=None,
        safe_users=None,
        next_step=None,
        reason=reason,
        basis="arrivals",
    )


# ---- one step ----


def _measure(step: StepData) -> ArrivalStep:
    samples, begin_s = step.samples, step.start_s + WARMUP_RATIO * step.hold_s
    due = samples.take((samples.due_s > begin_s) & (samples.due_s <= step.end_s))
    window_s = step.end_s - begin_s
    ended = samples.is_ok & (samples.end_s > begin_s) & (samples.end_s <= step.end_s)
    failed = ~due.is_ok & ~np.isnan(due.end_s)
    # What never came back took longer than all that did, as far as the percentiles can tell.
    response_s = np.where(due.is_ok, due.end_s - due.due_s, np.inf)[~failed]
    known_s = response_s[np.isfinite(response_s)]
    sent_s = due.start_s - due.due_s
    return ArrivalStep(
        index=step.index,
        arrivals_per_s=step.arrivals_per_s or 0.0,
        window_s=window_s,
        due_count=len(due),
        failed_count=int(np.sum(failed)),
        unanswered_count=int(np.sum(np.isnan(due.end_s))),
        late_count=int(np.sum((due.user < 0) | (sent_s > LATE_S))),
        throughput_per_s=float(np.sum(ended)) / window_s if window_s > 0 else None,
        in_flight=_mean_in_flight(step),
        response_mean_s=float(np.mean(known_s)) if len(known_s) else None,
        response_p50_s=_quantile(response_s, 0.5),
        response_p95_s=_quantile(response_s, 0.95),
        response_p99_s=_quantile(response_s, 0.99),
        is_sustained=_is_sustained(step, begin_s, due_s=due.due_s[~failed], response_s=response_s),
    )


def _is_sustained(step: StepData, begin_s: float, *, due_s: Floats, response_s: Floats) -> bool | None:
    """Whether as much was answered as arrived, and no later as time went on; None: too few requests to tell."""
    samples = step.samples
    arrived = int(np.sum((samples.due_s > begin_s) & (samples.due_s <= step.end_s)))
    if arrived < 2 * FEWEST_HALF:
        return None
    ended = int(np.sum(samples.is_ok & (samples.end_s > begin_s) & (samples.end_s <= step.end_s)))
    if ended < SUSTAINED_RATIO * arrived and arrived - ended > FEWEST_LEFT * math.sqrt(
        _mean_in_flight(step) + 1
    ):
        return False
    middle_s = (begin_s + step.end_s) / 2
    before, after = response_s[due_s <= middle_s], response_s[due_s > middle_s]
    if min(len(before), len(after)) < FEWEST_HALF:
        return None
    return not float(np.median(after)) > GROWN_RATIO * float(np.median(before))


def _mean_in_flight(step: StepData) -> float:
    """Requests that were due and not answered, at a time."""
    begin_s = step.start_s + WARMUP_RATIO * step.hold_s
    starts_s = np.clip(step.samples.due_s, begin_s, step.end_s)
    ends_s = np.clip(np.nan_to_num(step.samples.end_s, nan=step.end_s), begin_s, step.end_s)
    window_s = step.end_s - begin_s
    return float(np.sum(np.maximum(ends_s - starts_s, 0.0)) / window_s) if window_s > 0 else 0.0


def _quantile(response_s: Floats, q: float) -> float | None:
    """None where it lies among those that were never answered."""
    if not len(response_s):
        return None
    value = float(np.quantile(response_s, q, method="higher"))
    return value if math.isfinite(value) else None


def _find_alike(opened: ArrivalStep, closed: Sequence[StepSummary]) -> int | None:
    """Index of the closed-loop step with the fewest users that carries the rate, else of the one that carries most.

    Not of the nearest throughput: past saturation users bring waiting and no more throughput.
    """
    known = [step for step in closed if step.arrivals_per_s is None and step.throughput_per_s]
    known = [step for step in known if step.is_steady is not False] or known
    enough = [step for step in known if (step.throughput_per_s or 0.0) >= opened.arrivals_per_s]
    if enough:
        return min(enough, key=lambda step: step.users).index
    return max(known, key=lambda step: step.throughput_per_s or 0.0).index if known else None

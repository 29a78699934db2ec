"""The steady part of a step: where warm-up ends, how steady the rest is, how sure its throughput is.

Pure: arrays of seconds on any one clock.  Choices and their measured errors: docs/method.md.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from reports.columns import Floats, Integers

LONGEST_WARMUP_RATIO = 0.5  # of the hold
BATCHES = 10
FEWEST_FOR_BATCHES = 2 * BATCHES  # completions; with fewer, batch means are mostly rounding
FEWEST_FOR_STEADINESS = 50
NEARLY_ALL = 0.9
FEWEST_FOR_SPREAD = 3
EDGE_COUNTED = 0.3  # generations of users, standard deviation
EDGE_IN_PARTS = 0.2
TREND_T = 4.0  # halves that differ by so many standard errors …
TREND_RATIO = 0.15  # … and by so much are a trend
MSER_BATCH = 5


def first_ends(start_s: Floats, end_s: Floats, user: Integers, *, users: int) -> Floats:
    """When each client finished its first request; infinity when it never did.

    user: -1 where unknown; then the first ``users`` requests stand for the clients' first ones.
    """
    order = np.argsort(start_s, kind="stable")
    if np.any(user < 0):
        first = order[:users]
    else:
        _, rows = np.unique(user[order], return_index=True)
        first = order[rows]
    return np.nan_to_num(end_s[first], nan=np.inf)


def find_warmup_s(ends_s: Floats, *, begin_s: float, hold_s: float) -> float:
    """Seconds from ``begin_s`` until every client has finished once (``ends_s``), at most half of the hold."""
    latest_s = float(np.max(ends_s, initial=begin_s))
    return min(max(latest_s - begin_s, 0.0), LONGEST_WARMUP_RATIO * hold_s)


def is_warm(ends_s: Floats, *, begin_s: float, hold_s: float) -> bool:
    """Whether nearly all clients had finished once (``ends_s``) when the longest warm-up was over."""
    return bool(len(ends_s) and np.mean(ends_s <= begin_s + LONGEST_WARMUP_RATIO * hold_s) >= NEARLY_ALL)


def completions_until(start_s: Floats, end_s: Floats, times_s: Floats, *, in_parts: bool) -> Floats:
    """How many requests were complete at each time; ``in_parts`` counts a running one by the part of it that is over.

    Counting in parts takes the rounding out: users that move in lock-step finish all at once, or just after the end.
    """
    if not in_parts:
        return np.searchsorted(np.sort(end_s), times_s, side="right").astype(float)
    length_s = np.maximum(end_s - start_s, 1e-9)
    return np.array([np.clip((time_s - start_s) / length_s, 0.0, 1.0).sum() for time_s in times_s])


def relative_error(rates: Floats, response_s: Floats, *, users: int, in_parts: bool) -> float:
    """Standard error of a window's throughput, as a share of it, from batch rates and response times.

    Batch means see slow changes but are rough; the renewal term cv^2/n is exact for users that do not disturb each
    other and holds with few completions.  The last term is the window's edges: a generation of users more or less
    in it when counted whole; when counted in parts, only that the last ones run on in an emptying system.
    """
    count = len(response_s)
    cv = (
        float(np.std(response_s) / np.mean(response_s))
        if count >= FEWEST_FOR_SPREAD and response_s.any()
        else 1.0
    )
    squared = cv**2 / count
    mean = float(np.mean(rates))
    if count >= FEWEST_FOR_BATCHES and mean > 0:
        squared = max(
            squared, (standard_error(rates) / mean) ** 2, ((trend_of(rates) or 0.0) / 2 / mean) ** 2
        )
    edge = EDGE_IN_PARTS * (users > 1) if in_parts else EDGE_COUNTED
    return math.sqrt(squared + (edge * users / count) ** 2)


def standard_error(rates: Floats) -> float:
    """Of the mean of batch rates, the batches taken as independent."""
    return float(np.std(rates, ddof=1) / math.sqrt(len(rates)))


def trend_of(rates: Floats) -> float | None:
    """Second half of the window minus the first, in units of ``rates``; None unless it stands out of the noise."""
    half = len(rates) // 2
    return _difference(rates[:half], rates[-half:])


def is_settled(end_s: Floats, response_s: Floats, *, middle_s: float) -> bool:
    """MSER-5 on response times, as a check: False when it would cut beyond ``middle_s``, and the cut matters."""
    order = np.argsort(end_s, kind="stable")
    cut = mser_cut(response_s[order])
    if end_s[order][cut] <= middle_s:
        return True
    return _difference(response_s[order][:cut], response_s[order][cut:]) is None


def _difference(before: Floats, after: Floats) -> float | None:
    """Mean after minus mean before; None unless it is large both as a share and against its standard error."""
    if min(len(before), len(after)) < 2:
        return None
    difference = float(np.mean(after) - np.mean(before))
    error = math.hypot(standard_error(before), standard_error(after))
    level = float(np.mean(np.concatenate([before, after])))
    if abs(difference) < TREND_RATIO * level or abs(difference) < TREND_T * error:
        return None
    return difference


def mser_cut(values: Floats) -> int:
    """Index before which the series is warm-up: White's marginal standard error rule over batches of five.

    Minimises the squared standard error of what remains; the last five batches are never left alone.
    """
    count = len(values) // MSER_BATCH
    means = values[: count * MSER_BATCH].reshape(count, MSER_BATCH).mean(axis=1)
    left = np.arange(count, 0, -1)  # batches that remain when 0, 1, … are cut
    sums = np.cumsum(means[::-1])[::-1]
    squares = np.cumsum((means**2)[::-1])[::-1]
    scores: NDArray[np.float64] = (squares / left - (sums / left) ** 2) / left
    return int(np.argmin(scores[: max(1, count - MSER_BATCH)])) * MSER_BATCH

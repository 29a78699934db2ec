"""Which number of users to measure next.  Pure.

Upward by a factor of 3 while saturation may lie above what was tested (but not beyond what was asked for), else the
number of users at which the candidate curves disagree most about the saturation point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.settings import MAX_USERS, UPWARD
from reports.columns import Floats
from reports.posterior import Posterior

STEP_NOISE = 0.03  # machine noise between steps, standard deviation of ln X
SAMPLING_VARIANCE = 0.001  # of ln X in a step of usual length
SURE = 0.95
MARGIN = 1.15  # saturation so far below the largest step is well inside what was tested
INTERVAL_MASS = (
    0.965  # of the posterior: covers the truth in 95 % of simulated systems, which no curve fits exactly
)
TIGHT_INTERVAL_RATIO = 1.25  # below this another step brings little
CANDIDATES = 40
OFTEN = 2  # what is measured so often is known: the rest is how the machine varies
HINT_RATIO = 0.5  # of the most that a step can tell: a hint that tells so much is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    users: int
    is_hint: bool = False  # one of those that were proposed


def choose_users(
    posterior: Posterior,
    *,
    tested: Sequence[int],
    most: int = MAX_USERS,
    asked: int | None = None,
    hints: Sequence[int] = (),
) -> Choice | None:
    """None when the interval is tight, or only more users than may be tried would tell.

    tested: so far, an entry a step.  most: users that may be tried.  asked: those the user wants carried; more are
    tried only to measure a point that probably lies below, since every chain has a limit somewhere.  hints: numbers of
    users at which something is thought to happen; taken when they tell much.
    """
    largest, counts = max(tested), Counter(tested)
    inside = posterior.probability_below(largest / MARGIN)
    low, high = posterior.shortest_interval(INTERVAL_MASS)
    if inside >= SURE and high / low <= TIGHT_INTERVAL_RATIO:
        return None
    reach = max(min(UPWARD * largest, most), largest)
    if inside < 0.5:
        if asked is None or largest < asked:
            return Choice(users=reach) if largest < most else None
        if inside < 1 - SURE:
            return None
        reach = largest
    candidates = np.unique(np.geomspace(1, reach, CANDIDATES).round())
    candidates = np.array([users for users in candidates if counts[int(users)] < OFTEN])
    told = _information(posterior, candidates)
    proposed = np.array([n for n in hints if low <= n <= high and counts[n] < OFTEN], dtype=float)
    if len(proposed):
        proposed_told = _information(posterior, proposed)
        if proposed_told.max() >= HINT_RATIO * told.max():
            return Choice(users=int(proposed[np.argmax(proposed_told)]), is_hint=True)
    return Choice(users=int(candidates[np.argmax(told)]))


def _information(posterior: Posterior, users: Floats) -> Floats:
    """How much a step with each number of users would tell: cov(ln N*, ln X)^2 / (var(ln X) + noise)."""
    weights = posterior.weights[:, None]
    curves = posterior.log_throughput(users)
    target = posterior.log_users[:, None] - posterior.log_users @ posterior.weights
    curves = curves - (weights * curves).sum(axis=0)
    covariance = (weights * curves * target).sum(axis=0)
    variance = (weights * curves**2).sum(axis=0)
    return np.asarray(covariance**2 / (variance + STEP_NOISE**2 + SAMPLING_VARIANCE))

"""When to stop measuring pairs, and what they say: looks after 5, 10 and 20 pairs.  Pure.

A pair's value is the logarithm of how much worse head was than base; 0 is no change.  The rule and the simulations it
was chosen by: docs/method.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reports.gate.paired.signed_rank import estimate_centre, find_interval, p_greater

LOOKS = (5, 10, 20)
ALPHAS = (0.032, 0.02, 0.02)  # one-sided, at each look; 0.032 is what five pairs of one sign give
MARGIN = (
    0.6  # of the limit: what is surely exceeded when it fails, so that noise around the limit is not enough
)
DETECTABLE = 0.76  # standard deviations of a pair that 20 pairs tell from nothing in 9 gates of 10
Standing = Literal["passed", "failed", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the pairs so far say of one quantity."""

    standing: Standing  # undecided: more pairs may tell, if there are more
    pair_count: int
    estimate: float  # worse by so much, as a logarithm
    interval: tuple[float, float]  # 95 %; of five pairs 94 %
    limit: float
    scatter: float  # standard deviation of a pair

    @property
    def detectable(self) -> float:
        """The smallest change that a whole gate would find here, as a logarithm."""
        return DETECTABLE * self.scatter


def look(values: Sequence[float], *, limit: float) -> Look:
    """Judge the pairs so far.  values: as many as one of LOOKS; limit: the change allowed, as a logarithm, above 0."""
    alpha = ALPHAS[LOOKS.index(len(values))]
    estimate = estimate_centre(values)
    standing: Standing = "undecided"
    if estimate > limit and p_greater([value - MARGIN * limit for value in values]) <= alpha:
        standing = "failed"
    elif p_greater([limit - value for value in values]) <= alpha:
        standing = "passed"
    return Look(
        standing=standing,
        pair_count=len(values),
        estimate=estimate,
        interval=find_interval(values),
        limit=limit,
        scatter=find_scatter(values),
    )


def find_scatter(values: Sequence[float]) -> float:
    """Standard deviation from Gini's mean difference: one pair gone wrong weighs less than in the usual one."""
    array = np.sort(np.asarray(values, dtype=float))
    count = len(array)
    weights = 2 * np.arange(count) - (count - 1)
    mean_difference = 2 * float(weights @ array) / (count * (count - 1))
    return mean_difference * math.sqrt(math.pi) / 2


def is_over(looks: Sequence[Look]) -> bool:
    """Whether more pairs would change nothing: one has failed, all have passed, or there are no more."""
    standings = {look.standing for look in looks}
    return "failed" in standings or standings == {"passed"} or looks[0].pair_count == LOOKS[-1]

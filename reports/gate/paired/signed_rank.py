"""Wilcoxon's signed-rank test and the estimate of Hodges and Lehmann, exact for the few pairs of a gate.  Pure.

Own code, because it is shorter than what it would take to bring SciPy (some 35 MB) for one function: the null
distribution is a count of subsets.  SciPy's exact test refuses ties; this one takes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def p_greater(values: Sequence[float]) -> float:
    """One-sided p of "the centre is not above 0", exact for any ties.  Nothing gives 1.

    A value of exactly 0 counts against it: it takes a rank and adds nothing to the sum.
    """
    array = np.asarray(values, dtype=float)
    if not len(array):
        return 1.0
    ranks = _doubled_midranks(np.abs(array))
    above = int(ranks[array > 0].sum())
    tails = _tail_counts(tuple(sorted(ranks.tolist())))
    return tails[above] / float(2 ** len(array))


def walsh_averages(values: Sequence[float]) -> Floats:
    """Means of every two values, each with itself too, ascending."""
    array = np.asarray(values, dtype=float)
    first, second = np.triu_indices(len(array))
    return np.sort((array[first] + array[second]) / 2)


def estimate_centre(values: Sequence[float]) -> float:
    """Hodges and Lehmann: the median of the Walsh averages.  Needs one value or more."""
    return float(np.median(walsh_averages(values)))


def find_interval(values: Sequence[float], *, confidence: float = 0.95) -> tuple[float, float]:
    """The centres that the two-sided test does not refuse; all Walsh averages when there are too few for that.

    Five pairs or fewer cannot give 95 %: their whole range holds 93.75 % at five.
    """
    averages = walsh_averages(values)
    count, total = len(values), len(averages)
    tails = _tail_counts(tuple(range(2, 2 * count + 1, 2)))  # by twice the sum; as many lie below as above
    most = (1 - confidence) / 2 * 2**count
    left_out = max((cut for cut in range(total // 2) if tails[2 * (total - cut)] <= most), default=0)
    return float(averages[left_out]), float(averages[total - 1 - left_out])


def _doubled_midranks(sizes: Floats) -> NDArray[np.int64]:
    """Twice the rank of each, so that the shared rank of ties is whole."""
    ordered = np.sort(sizes)
    below = np.searchsorted(ordered, sizes, side="left")
    through = np.searchsorted(ordered, sizes, side="right")
    return (below + through + 1).astype(np.int64)


@cache
def _tail_counts(doubled_ranks: tuple[int, ...]) -> tuple[int, ...]:
    """How many of the 2^n sets of signs reach each doubled sum, or more."""
    counts = [1] + [0] * sum(doubled_ranks)
    for rank in doubled_ranks:
        for total in range(len(counts) - 1, rank - 1, -1):
            counts[total] += counts[total - rank]
    tails = list(np.cumsum(counts[::-1], dtype=object)[::-1])
    return tuple(int(tail) for tail in tails)

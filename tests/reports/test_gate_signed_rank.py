"""The exact test against published tables and against counting every set of signs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from reports.gate.paired.signed_rank import estimate_centre, find_interval, p_greater, walsh_averages

# Critical values T for two-sided 5 %: the largest sum of ranks that is still significant (Wilcoxon & Wilcox, 1964).
TABLE = {6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 12: 13, 15: 25, 20: 52}


def values_with_sum_below(count: int, total: int) -> list[float]:
    """Ranks 1 … count, of which those below zero sum to ``total``."""
    signs, left = [1.0] * count, total
    for rank in range(count, 0, -1):
        if rank <= left:
            signs[rank - 1], left = -1.0, left - rank
    return [sign * rank for rank, sign in enumerate(signs, 1)]


@pytest.mark.parametrize(("count", "critical"), TABLE.items())
def test_the_critical_values_are_those_of_the_tables(count: int, critical: int) -> None:
    assert p_greater(values_with_sum_below(count, critical)) <= 0.025
    assert p_greater(values_with_sum_below(count, critical + 1)) > 0.025


def test_five_values_of_one_sign_give_one_in_32() -> None:
    assert p_greater([1, 2, 3, 4, 5]) == 1 / 32
    assert p_greater([-1, -2, -3, -4, -5]) == 1.0


@pytest.mark.parametrize("values", [[1.0, 1.0, -1.0, 2.0, 2.0, 3.0], [0.5] * 6, [-2.0, 1.0, 1.0, 4.0]])
def test_ties_are_counted_exactly(values: list[float]) -> None:
    sizes = np.abs(values)
    ranks = np.array([np.mean(np.flatnonzero(np.sort(sizes) == size)) + 1 for size in sizes])
    seen = ranks[np.array(values) > 0].sum()
    sums = [ranks[list(signs)].sum() for signs in itertools.product([False, True], repeat=len(values))]
    assert p_greater(values) == pytest.approx(np.mean(np.array(sums) >= seen))


def test_a_value_of_zero_never_helps() -> None:
    assert p_greater([0.0, 1.0, 2.0, 3.0, 4.0]) > p_greater([0.5, 1.0, 2.0, 3.0, 4.0])


def test_nothing_shows_nothing() -> None:
    assert p_greater([]) == 1.0


def test_the_centre_is_the_median_of_all_pairwise_means() -> None:
    values = [1.0, 2.0, 10.0]
    assert walsh_averages(values).tolist() == [1.0, 1.5, 2.0, 5.5, 6.0, 10.0]
    assert estimate_centre(values) == 3.75


def test_the_interval_is_that_of_the_tables() -> None:
    """Ten values: T = 8, so the ninth Walsh average from either end."""
    values = [0.3, -0.1, 0.8, 1.4, 0.2, 0.9, 1.1, 0.6, 0.5, 0.7]
    averages = walsh_averages(values)
    assert find_interval(values) == (averages[8], averages[-9])


def test_five_pairs_give_their_whole_range() -> None:
    assert find_interval([0.1, 0.2, 0.3, 0.4, 0.5]) == (0.1, 0.5)

import numpy as np
import pytest

from reports.windows import (
    completions_until,
    find_warmup_s,
    first_ends,
    is_settled,
    is_warm,
    mser_cut,
    relative_error,
    trend_of,
)

UNKNOWN = np.array([-1, -1, -1, -1])


def test_warmup_lasts_until_every_user_finished_once() -> None:
    start_s, end_s = np.array([0.0, 0.0, 1.0, 3.0]), np.array([1.0, 3.0, 2.0, 4.0])
    ends_s = first_ends(start_s, end_s, np.array([0, 1, 0, 1]), users=2)
    assert sorted(ends_s) == [1.0, 3.0]
    assert find_warmup_s(ends_s, begin_s=0.0, hold_s=10.0) == 3.0


def test_without_user_numbers_the_first_starts_are_the_first_requests() -> None:
    start_s, end_s = np.array([3.0, 0.0, 0.1, 1.0]), np.array([4.0, 1.0, 3.0, 2.0])
    assert sorted(first_ends(start_s, end_s, UNKNOWN, users=2)) == [1.0, 3.0]


def test_warmup_takes_at_most_half_of_the_hold() -> None:
    assert find_warmup_s(np.array([1.0, 9.0]), begin_s=0.0, hold_s=10.0) == 5.0
    assert find_warmup_s(np.array([1.0, np.inf]), begin_s=0.0, hold_s=10.0) == 5.0


def test_a_step_without_requests_has_no_warmup_and_is_not_warm() -> None:
    assert find_warmup_s(np.empty(0), begin_s=5.0, hold_s=10.0) == 0.0
    assert not is_warm(np.empty(0), begin_s=5.0, hold_s=10.0)


def test_a_few_slow_users_do_not_make_a_step_cold() -> None:
    ends_s = np.append(np.full(19, 1.0), 9.0)
    assert is_warm(ends_s, begin_s=0.0, hold_s=10.0)
    assert not is_warm(np.full(20, 9.0), begin_s=0.0, hold_s=10.0)


def test_counting_in_parts_takes_the_rounding_out() -> None:
    start_s = np.arange(0, 10, 0.7)
    times_s = np.array([1.0, 9.0])
    whole, parts = (
        np.diff(completions_until(start_s, start_s + 0.7, times_s, in_parts=parts))[0]
        for parts in (False, True)
    )
    assert parts == pytest.approx(8 / 0.7)
    assert whole == 11 and abs(whole - 8 / 0.7) > 0.4


def test_the_error_of_regular_answers_is_small_and_of_scattered_ones_large() -> None:
    rates = np.full(10, 5.0)
    regular = relative_error(rates, np.full(50, 0.2), users=1, in_parts=True)
    scattered = relative_error(rates, np.tile([0.02, 0.38], 25), users=1, in_parts=True)
    assert regular < 1e-12
    assert scattered == pytest.approx(0.9 / np.sqrt(50), rel=0.01)


def test_a_generation_of_users_at_the_edge_is_part_of_the_error() -> None:
    few, many = (relative_error(np.full(10, 5.0), np.full(50, 1.0), users=n, in_parts=False) for n in (1, 25))
    assert many == pytest.approx(25 * few)


def test_a_trend_counts_only_when_it_is_large_and_beyond_the_noise() -> None:
    assert trend_of(np.array([10.0, 10.2, 9.9, 10.1, 10, 5, 5.1, 4.9, 5, 5])) == pytest.approx(-5.04)
    assert trend_of(np.array([10.0, 10.2, 9.9, 10.1, 10, 10.9, 11, 10.8, 11, 11])) is None
    assert trend_of(np.array([1.0, 20, 5, 13, 2, 15, 4, 30, 9, 18])) is None


def test_mser_cuts_the_slow_beginning() -> None:
    rng = np.random.default_rng(0)
    series = np.concatenate([np.full(40, 3.0), np.full(160, 1.0)]) + rng.normal(0, 0.1, 200)
    assert 40 <= mser_cut(series) <= 60


def test_response_times_that_jump_late_are_not_settled() -> None:
    end_s = np.linspace(0, 10, 200)
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, 200)
    assert is_settled(end_s, np.where(end_s < 2, 3.0, 1.0) + noise, middle_s=5.0)
    assert not is_settled(end_s, np.where(end_s < 7, 3.0, 1.0) + noise, middle_s=5.0)
    assert is_settled(end_s, 1.0 + noise, middle_s=5.0)

"""Requests that arrived by the clock: percentiles from the due time, sustained rates, users by Little's law."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

from reports.columns import Floats
from reports.dataset import StepData
from reports.open_loop import find_point_by_arrivals, measure_open_loop
from reports.open_loop_words import make_open_loop_table, say_open_loop
from reports.steps import summarise_step
from reports.tables import Samples, bare_samples
from reports.verdict import Health, OpenLoop, Verdict

HOLD_S = 20.0
SERVICE_S = 0.1


def queue(rate_per_s: float, *, servers: int = 5, seed: int = 1) -> tuple[Floats, Floats]:
    """Due times and ends of Poisson arrivals at servers that take 100 ms each."""
    source = random.Random(seed)
    free_s = [0.0] * servers
    due_s, end_s, now_s = [], [], 0.0
    while (now_s := now_s + source.expovariate(rate_per_s)) < HOLD_S:
        first = min(range(servers), key=free_s.__getitem__)
        free_s[first] = max(now_s, free_s[first]) + SERVICE_S
        due_s.append(now_s)
        end_s.append(free_s[first])
    return np.array(due_s), np.array(end_s)


def make_step(rate_per_s: float, due_s: Floats, end_s: Floats, *, index: int = 0) -> StepData:
    return StepData(
        index=index,
        users=100,
        start_s=0.0,
        end_s=HOLD_S,
        drained_s=None,
        samples=bare_samples(due_s, end_s, ~np.isnan(end_s)),
        is_complete=True,
        purpose="open_loop",
        arrivals_per_s=rate_per_s,
    )


def measure(*rates: float) -> OpenLoop:
    steps = [make_step(rate, *queue(rate), index=index) for index, rate in enumerate(rates)]
    open_loop = measure_open_loop(steps, [])
    assert open_loop is not None
    return open_loop


def test_a_rate_below_the_capacity_is_sustained_and_one_beyond_it_is_not() -> None:
    low, high, beyond = measure(10, 35, 80).steps
    assert (low.is_sustained, high.is_sustained, beyond.is_sustained) == (True, True, False)
    assert low.response_p50_s == pytest.approx(SERVICE_S)
    assert low.in_flight == pytest.approx(10 * SERVICE_S, rel=0.3)
    assert beyond.throughput_per_s == pytest.approx(50.0, rel=0.03)
    assert (beyond.response_p99_s or 0) > 1.0


def test_the_point_is_throughput_times_response_alone() -> None:
    point = find_point_by_arrivals(measure(10, 40, 80).steps)
    assert (point.status, point.basis) == ("saturated", "arrivals")
    assert point.users == pytest.approx(5.0, rel=0.05)
    assert point.interval is not None
    assert point.interval[0] < 5.0 < point.interval[1]


def test_without_a_rate_that_is_too_high_the_point_lies_above() -> None:
    point = find_point_by_arrivals(measure(10, 20).steps)
    assert point.status == "not_reached"
    assert point.lower_bound_users == pytest.approx(2.0, rel=0.3)


@pytest.mark.parametrize(
    ("rates", "words"), [((80,), "begin with a lower one"), ((0.5,), "too few requests")]
)
def test_what_the_rates_do_not_tell_is_left_open(rates: tuple[float, ...], words: str) -> None:
    point = find_point_by_arrivals(measure(*rates).steps)
    assert point.status == "undecided"
    assert words in (point.reason or "")


def test_what_was_never_answered_is_slower_than_all_that_was() -> None:
    due_s, end_s = queue(30)
    end_s[::10] = np.nan
    (step,) = (measure_open_loop([make_step(30, due_s, end_s)], []) or measure(1)).steps
    assert step.unanswered_count == pytest.approx(step.due_count / 10, rel=0.2)
    assert step.response_p50_s is not None
    assert step.response_p95_s is None


def test_latency_counts_from_the_due_time_and_late_ones_are_counted() -> None:
    due_s, end_s = queue(10)
    step = make_step(10, due_s, end_s)
    late = dataclasses.replace(step.samples, due_s=due_s - 1.0, user=np.zeros(len(due_s), int))
    open_loop = measure_open_loop([dataclasses.replace(step, samples=late)], [])
    assert open_loop is not None
    assert open_loop.steps[0].response_p50_s == pytest.approx(1.0 + SERVICE_S)
    assert open_loop.steps[0].late_count == open_loop.steps[0].due_count


def test_the_words_say_by_how_much_a_closed_loop_flatters() -> None:
    due_s, end_s = queue(40)
    starts_s = np.arange(0.0, HOLD_S - 0.2, 0.1)
    waiting = bare_samples(
        np.repeat(starts_s, 4), np.repeat(starts_s, 4) + SERVICE_S, np.ones(4 * len(starts_s), bool)
    )
    step = make_step(40, due_s, end_s, index=3)
    closed = summarise_step(dataclasses.replace(step, users=4, arrivals_per_s=None, samples=waiting, index=2))
    open_loop = measure_open_loop([step], [closed])
    assert open_loop is not None
    point = find_point_by_arrivals(measure(10, 80).steps)
    verdict = Verdict(
        run={}, saturation=point, findings=[], steps=[closed], health=Health(), open_loop=open_loop
    )
    opened, compared = say_open_loop(verdict)
    assert opened.startswith("Open loop, 40.0/s: p50 ")
    assert "sustained" in opened
    assert compared.startswith("Closed loop, 4 users at 39.6/s: p50 100 ms")
    assert "p99 2.33 times" in compared
    assert make_open_loop_table(open_loop).rows[0][0] == "40.0/s"


def test_runs_of_users_who_wait_have_no_open_loop() -> None:
    assert measure_open_loop([], []) is None


def test_it_is_compared_with_the_fewest_users_that_carry_as_much() -> None:
    due_s, end_s = queue(30)
    step = make_step(30, due_s, end_s, index=9)
    closed = [
        dataclasses.replace(step, index=index, users=users, arrivals_per_s=None, samples=loop_of(users))
        for index, users in enumerate((1, 4, 8))
    ]
    open_loop = measure_open_loop([step], [summarise_step(one) for one in closed])
    assert open_loop is not None
    assert open_loop.compared_index == 1
    slow = measure_open_loop([step], [summarise_step(closed[0])])
    assert slow is not None
    assert slow.compared_index == 0


def loop_of(users: int) -> Samples:
    """Users in lock-step, four of whom are served at a time."""
    response_s = SERVICE_S * max(users / 4, 1.0)
    starts_s = np.repeat(np.arange(0.0, HOLD_S - response_s, response_s), users)
    return bare_samples(starts_s, starts_s + response_s, np.ones(len(starts_s), bool))

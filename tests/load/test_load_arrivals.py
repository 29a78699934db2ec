"""Requests that arrive by the clock: due times, their share of a worker, lateness, and what was never sent."""

from __future__ import annotations

import itertools
import statistics
import time
from pathlib import Path

import gevent
import msgspec
import pytest
from load_process import run_locust, write_scenario

from harness.errors import BadInputError
from harness.load.arrivals import Arrivals
from harness.load.open_loop_steps import CHECK_LOAD, ArrivalLadder, ThenOpenLoop
from harness.load.orders import Orders
from harness.load.service import Service
from harness.load.worker import Worker
from harness.options import parse_arrivals
from harness.records import Sample
from harness.settings import RunSettings
from harness.step_orders import StepOrder

SETTINGS = RunSettings(name="n", target="t", arrivals_per_s=(5.0, 20.0))


def make_orders(*, rate_per_s: float | None, lane: int = 0, lane_count: int = 1) -> Orders:
    return Orders(
        run="r",
        serial=1,
        settings=SETTINGS,
        service=Service(host="127.0.0.1", port=1, kind="url"),
        machine="m",
        step=0,
        lane=lane,
        lane_count=lane_count,
        arrivals_per_s=rate_per_s,
    )


def due_times(orders: Orders, count: int) -> list[float]:
    arrivals = Arrivals.begin(orders, 0.0)
    assert arrivals is not None
    return [arrivals.take() for _ in range(count)]


def test_due_times_are_a_poisson_process_of_the_rate() -> None:
    times = due_times(make_orders(rate_per_s=50.0), 20_000)
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert statistics.mean(gaps) == pytest.approx(0.02, rel=0.03)
    assert statistics.stdev(gaps) == pytest.approx(0.02, rel=0.05)


def test_workers_share_the_rate_and_differ() -> None:
    a, b = (due_times(make_orders(rate_per_s=50.0, lane=lane, lane_count=2), 5000) for lane in (0, 1))
    assert a != b
    assert len(a) / a[-1] == pytest.approx(25.0, rel=0.1)
    assert due_times(make_orders(rate_per_s=50.0, lane=0, lane_count=2), 5000) == a


def test_a_closed_loop_has_no_arrivals() -> None:
    assert Arrivals.begin(make_orders(rate_per_s=None), 0.0) is None


def test_what_nobody_was_free_to_send_is_recorded_as_cut_off() -> None:
    arrivals = Arrivals.begin(make_orders(rate_per_s=10.0), 100.0)
    assert arrivals is not None
    missed = list(arrivals.take_missed(110.0))
    assert 50 < len(missed) < 160
    assert all(s.outcome == "censored" and s.end_s is None and 100 < s.due_s <= 110 for s in missed)
    assert list(arrivals.take_missed(110.0)) == []


def test_the_ladder_has_the_rates_given() -> None:
    ladder = ArrivalLadder(SETTINGS)
    orders = [ladder.next_order(), ladder.next_order()]
    assert [order.arrivals_per_s for order in orders if order] == [5.0, 20.0]
    assert all(order and order.purpose == "open_loop" and order.users >= 10 for order in orders)
    assert ladder.next_order() is None


class Two:
    """A source of two steps."""

    def __init__(self) -> None:
        self._orders = [StepOrder(users=users, hold_s=10.0) for users in (1, 5)]

    def next_order(self) -> StepOrder | None:
        return self._orders.pop(0) if self._orders else None

    @property
    def later_count(self) -> int:
        return len(self._orders)

    later_s = 0.0


@pytest.mark.parametrize(("throughput_per_s", "has_check"), [(40.0, True), (0.5, False), (0.0, False)])
def test_one_open_step_follows_where_it_can_tell_something(throughput_per_s: float, has_check: bool) -> None:
    settings = RunSettings(name="n", target="t", steps=(1, 5), max_s=75.0)
    source = ThenOpenLoop(Two(), settings, measured=lambda: (throughput_per_s, 0.1))
    assert [order.users for order in (source.next_order(), source.next_order()) if order] == [1, 5]
    check = source.next_order()
    assert (check is not None) is has_check
    if check is not None:
        assert check.arrivals_per_s == pytest.approx(CHECK_LOAD * throughput_per_s)
        assert check.users >= 5
    assert source.next_order() is None
    assert source.later_count == 0


def test_rates_are_read_and_junk_is_refused() -> None:
    assert parse_arrivals("5, 10,20.5/s") == (5.0, 10.0, 20.5)
    with pytest.raises(BadInputError, match="'ten' is no rate"):
        parse_arrivals("5,ten")
    with pytest.raises(BadInputError, match="must ascend"):
        RunSettings(name="n", target="t", arrivals_per_s=(5.0, 5.0)).check()


def test_requests_come_by_the_clock_whether_or_not_those_before_are_answered(
    tmp_path: Path, service_url: str
) -> None:
    fields = f"target='{service_url}', path='/work?delay_s=0.3', arrivals=(30,), hold=2, drain=2"
    samples = run_locust(write_scenario(tmp_path, fields)).samples()
    assert 30 < len(samples) < 100
    assert {s.outcome for s in samples} <= {"ok", "censored"}
    assert sum(s.outcome == "ok" for s in samples) > 0.8 * len(samples)
    assert all(s.due_s <= s.start_s for s in samples)
    starts = sorted(s.start_s for s in samples)
    assert sum(b - a < 0.25 for a, b in itertools.pairwise(starts)) > len(starts) / 2


def test_workers_send_the_rate_together_and_answers_do_not_slow_it(tmp_path: Path, service_url: str) -> None:
    fields = f"target='{service_url}', path='/hang', arrivals=(100,), hold=2, drain=0.2, timeout=0.5"
    run = run_locust(write_scenario(tmp_path, fields), "--processes", "2")
    samples = run.samples()
    assert 120 < len(samples) < 300
    assert {s.outcome for s in samples} <= {"timeout", "censored"}


def test_with_every_user_busy_requests_are_late_or_cut_off_and_never_lost() -> None:
    missed: list[Sample] = []
    worker = Worker(on_sample=missed.append, on_health=lambda health: None)
    late_s: list[float] = []

    def user() -> None:
        while True:
            turn = worker.wait_for_turn(0.0)
            late_s.append(time.monotonic() - turn.due_s)
            gevent.sleep(0.1)

    worker.obey(msgspec.structs.replace(make_orders(rate_per_s=100.0), gate="open"))
    began_s = time.monotonic()
    greenlet = gevent.spawn(user)
    gevent.sleep(1.0)
    worker.obey(msgspec.structs.replace(make_orders(rate_per_s=100.0), gate="closed", serial=2))
    gevent.sleep(0.15)
    greenlet.kill()
    open_s = time.monotonic() - began_s  # longer on a busy machine
    assert len(late_s) <= open_s / 0.1 + 1
    assert late_s[-1] > 0.3
    assert {s.outcome for s in missed} == {"censored"}
    assert 50 < len(late_s) + len(missed) < 170 * open_s

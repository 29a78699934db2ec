"""Slots and queue, against the closed formulas of queueing theory.  Time is simulated, nothing sleeps."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable

import pytest

from mock_provider.capacity import Slots
from mock_provider.plan_schema import Capacity


class Simulation:
    """Poisson arrivals at a provider with exponential service."""

    def __init__(self, capacity: Capacity, *, arrivals_per_s: float, service_s: float, count: int) -> None:
        self.slots = Slots(capacity)
        self.waits: list[float] = []
        self.refused = 0
        self._now_s = 0.0
        self._service_s = service_s
        self._random = random.Random(1)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = 0
        at_s = 0.0
        for _ in range(count):
            at_s += self._random.expovariate(arrivals_per_s)
            self._at(at_s, self._arrive)
        while self._events:
            self._now_s, _, action = heapq.heappop(self._events)
            action()

    def _at(self, at_s: float, action: Callable[[], None]) -> None:
        self._sequence += 1
        heapq.heappush(self._events, (at_s, self._sequence, action))

    def _arrive(self) -> None:
        came_s = self._now_s

        def start() -> None:
            self.waits.append(self._now_s - came_s)
            self._at(self._now_s + self._random.expovariate(1 / self._service_s), self.slots.leave)

        entry = self.slots.enter(start)
        if entry == "started":
            start()
        elif entry == "full":
            self.refused += 1


def erlang_c(servers: int, load: float) -> float:
    """Probability that a request has to wait, for M/M/c; load = arrival rate x service time."""
    top = load**servers / math.factorial(servers) * servers / (servers - load)
    return top / (sum(load**k / math.factorial(k) for k in range(servers)) + top)


def erlang_b(servers: int, load: float) -> float:
    """Probability that a request is refused, for M/M/c/c."""
    return (
        load**servers / math.factorial(servers) / sum(load**k / math.factorial(k) for k in range(servers + 1))
    )


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (2, 1.4), (4, 3.0)])
def test_waiting_time_is_that_of_the_formula(servers: int, load: float) -> None:
    run = Simulation(Capacity(slots=servers), arrivals_per_s=load / 0.1, service_s=0.1, count=60_000)
    expected_s = erlang_c(servers, load) * 0.1 / (servers - load)
    assert sum(run.waits) / len(run.waits) == pytest.approx(expected_s, rel=0.06)
    assert sum(wait_s > 0 for wait_s in run.waits) / len(run.waits) == pytest.approx(
        erlang_c(servers, load), rel=0.05
    )


def test_without_a_queue_as_many_are_refused_as_the_formula_says() -> None:
    run = Simulation(Capacity(slots=4, queue=0), arrivals_per_s=40, service_s=0.1, count=40_000)
    assert run.refused / 40_000 == pytest.approx(erlang_b(4, 4.0), rel=0.05)


def test_no_slots_means_no_limit() -> None:
    slots = Slots(Capacity())
    assert [slots.enter(lambda: None) for _ in range(100)] == ["started"] * 100


def test_queue_is_served_in_order_and_no_longer_than_allowed() -> None:
    slots = Slots(Capacity(slots=1, queue=2))
    served: list[str] = []
    entries = [slots.enter(lambda name=name: served.append(name)) for name in "abcd"]
    assert entries == ["started", "queued", "queued", "full"]
    slots.leave()
    slots.leave()
    assert served == ["b", "c"]


def test_one_who_gives_up_leaves_the_queue() -> None:
    slots = Slots(Capacity(slots=1))
    served: list[str] = []

    def second() -> None:
        served.append("second")

    slots.enter(lambda: None)
    slots.enter(second)
    slots.enter(lambda: served.append("third"))
    slots.give_up(second)
    slots.leave()
    assert served == ["third"]


def test_one_who_gives_up_when_its_turn_has_come_gives_back_the_slot() -> None:
    slots = Slots(Capacity(slots=1))
    served: list[str] = []

    def second() -> None:
        served.append("second")

    slots.enter(lambda: None)
    slots.enter(second)
    slots.enter(lambda: served.append("third"))
    slots.leave()
    slots.give_up(second)
    assert served == ["second", "third"]
    assert slots.busy == 1


def test_ten_thousand_that_end_at_once_do_not_overflow_the_stack() -> None:
    slots = Slots(Capacity(slots=1))
    ended = 0

    def end_at_once() -> None:
        nonlocal ended
        ended += 1
        slots.leave()

    slots.enter(lambda: None)
    for _ in range(10_000):
        slots.enter(end_at_once)
    slots.leave()
    assert ended == 10_000
    assert slots.busy == 0


def test_load_slows_service_in_a_straight_line() -> None:
    slots = Slots(Capacity(slots=5, load_factor=3))
    factors = []
    for _ in range(5):
        slots.enter(lambda: None)
        factors.append(slots.load_factor())
    assert factors == pytest.approx([1.0, 1.5, 2.0, 2.5, 3.0])


def test_more_slots_start_those_who_wait() -> None:
    slots = Slots(Capacity(slots=1))
    served: list[int] = []
    for number in range(4):
        slots.enter(lambda number=number: served.append(number))
    slots.change(Capacity(slots=3))
    assert served == [1, 2]

"""The side of the load where users live: one a process.  It obeys orders and hands on what its users measured.

Runs under gevent; one thread, so plain attributes need no locks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import gevent
from gevent.event import Event

from harness.load.arrivals import Arrivals, make_missed, wait_until_due
from harness.load.flight import Flight
from harness.load.health import HealthMonitor
from harness.load.orders import Orders
from harness.records import GeneratorHealth, Sample
from harness.settings import MAX_USERS

ABANDON_AFTER_S = 1.0  # a target that was told to cancel answers at once; what it leaves is closed


class Opening(NamedTuple):
    """An open gate."""

    step: int
    at_s: float


class Turn(NamedTuple):
    """A user may send now."""

    orders: Orders
    step: int
    due_s: float


class Worker:
    """Holds users back until a step begins, knows what is in flight, and ends it when told to."""

    def __init__(
        self, *, on_sample: Callable[[Sample], None], on_health: Callable[[GeneratorHealth], None]
    ) -> None:
        self.orders: Orders | None = None
        self._on_sample = on_sample
        self._on_health = on_health
        self._health = HealthMonitor()
        self._flights: dict[str, Flight] = {}  # by trace id
        self._user_count = 0
        self._opening = Opening(-1, 0.0)
        self._closed_s = 0.0
        self._gate = Event()
        self._closed = Event()  # the other way round, for users that wait for their time
        self._arrivals: Arrivals | None = None

    @property
    def in_flight(self) -> int:
        return len(self._flights)

    def obey(self, orders: Orders) -> None:
        """Make what is ordered so.  Orders that were obeyed already, or are older, change nothing."""
        before, self.orders = self.orders, orders
        if before is None or before.run != orders.run:
            self._user_count = 0
            self._close()
        elif orders.serial <= before.serial:
            self.orders = before
            return
        if orders.gate == "open":
            self._open(orders.step)
        else:
            self._close()
        if orders.gate == "cut":
            self._cut()

    def number_user(self) -> int:
        """A number no other user has had in this run, of whatever worker."""
        orders = self.orders
        assert orders is not None
        number = user_number(self._user_count, lane=orders.lane, lane_count=orders.lane_count)
        self._user_count += 1
        return number

    def wait_for_turn(self, free_s: float) -> Turn:
        """Block the calling user while no step is running, and in an open loop until its next request is due.

        free_s: since when the user could have sent.
        """
        while True:
            self._gate.wait()
            orders, opening, arrivals = self.orders, self._opening, self._arrivals
            if orders is None or not self._gate.is_set():
                continue
            if arrivals is None:
                return Turn(orders, opening.step, max(free_s, opening.at_s))
            due_s = arrivals.take()
            if wait_until_due(due_s, self._closed):
                return Turn(orders, opening.step, due_s)
            if due_s <= self._closed_s:
                self._on_sample(make_missed(opening.step, due_s))

    def fly(self, flight: Flight) -> Sample:
        """Carry a request out; its sample is handed on even when the user is stopped meanwhile."""
        self._flights[flight.identity.trace_id] = flight
        self._health.in_flight_max = max(self._health.in_flight_max, len(self._flights))
        try:
            return flight.fly()
        finally:
            del self._flights[flight.identity.trace_id]
            if flight.sample is not None:
                self._on_sample(flight.sample)

    def abandon_all(self) -> None:
        """End everything in flight now; its users record it as cut off."""
        self._gate.clear()
        _abandon(list(self._flights.values()))

    def _open(self, step: int) -> None:
        if not self._gate.is_set():
            self._opening = Opening(step, time.monotonic())
            assert self.orders is not None
            self._arrivals = Arrivals.begin(self.orders, self._opening.at_s)
            self._closed.clear()
            self._health.begin(step)
            self._gate.set()

    def _close(self) -> None:
        if self._gate.is_set():
            self._closed_s = time.monotonic()
        self._gate.clear()
        self._closed.set()
        arrivals, self._arrivals = self._arrivals, None
        for missed in arrivals.take_missed(self._closed_s) if arrivals else ():
            self._on_sample(missed)
        health = self._health.end(self.orders.lane if self.orders else 0)
        if health is not None:
            self._on_health(health)

    def _cut(self) -> None:
        flights = list(self._flights.values())
        for flight in flights:
            flight.cut()
        is_controlled = self.orders is not None and self.orders.service.is_controlled
        gevent.spawn_later(ABANDON_AFTER_S if is_controlled else 0.0, _abandon, flights)


def _abandon(flights: list[Flight]) -> None:
    for flight in flights:
        if flight.sample is None:
            flight.abandon()


def user_number(ordinal: int, *, lane: int, lane_count: int) -> int:
    """Numbers from 0, interleaved over the lanes; a lane that came later has a range of its own."""
    if lane < lane_count:
        return ordinal * lane_count + lane
    return 2 * MAX_USERS * (lane + 1) + ordinal

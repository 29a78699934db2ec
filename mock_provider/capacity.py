"""A provider of finite size: slots, and a queue in front of them.  Pure: knows neither time nor sockets.

With Poisson arrivals and exponential service this is M/M/c/K; with one caller waiting for each answer, a closed queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

from mock_provider.plan_schema import Capacity

Entry = Literal["started", "queued", "full"]
Starter = Callable[[], None]


class Slots:
    """Who is being served and who waits.  First come, first served."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._slots = capacity.slots  # looked up for every request; in the plan that takes four times as long
        self._waiting: deque[Starter] = deque()
        self._is_starting = False
        self.busy = 0

    @property
    def queued(self) -> int:
        return len(self._waiting)

    def enter(self, start: Starter) -> Entry:
        """Take a slot, or wait for one: then `start` is called when it is free."""
        slots = self._slots
        if slots is None or self.busy < slots:
            self.busy += 1
            return "started"
        if self._capacity.queue is not None and len(self._waiting) >= self._capacity.queue:
            return "full"
        self._waiting.append(start)
        return "queued"

    def leave(self) -> None:
        """Give a slot back; the one that has waited longest takes it at once."""
        self.busy -= 1
        if self._waiting:
            self._start_waiting()

    def give_up(self, start: Starter) -> None:
        """A waiting request went away; if its turn had just come, so does its slot."""
        try:
            self._waiting.remove(start)
        except ValueError:
            self.leave()

    def change(self, capacity: Capacity) -> None:
        """Other settings from now on; who is served or waits already stays."""
        self._capacity = capacity
        self._slots = capacity.slots
        self._start_waiting()

    def _start_waiting(self) -> None:
        if self._is_starting:
            return  # the one started ended at once; the loop below sees its slot
        self._is_starting = True
        try:
            while self._waiting and (self._slots is None or self.busy < self._slots):
                self.busy += 1
                self._waiting.popleft()()
        finally:
            self._is_starting = False

    def load_factor(self) -> float:
        """By how much service is slowed by those busy now."""
        slots = self._slots
        if slots is None:
            return 1.0
        factor = self._capacity.load_factor
        if slots == 1:
            return factor
        return 1.0 + (factor - 1.0) * max(0, self.busy - 1) / (slots - 1)

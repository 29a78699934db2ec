"""Wakes thousands at their moments with one timer of the loop.  In the provider's process.

Those due in the same millisecond are woken together; a timer each would cost more than what they do.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from typing import Protocol

# By so much may it be too early.  Loops keep whole milliseconds and wake half of one late on average, at most one:
# moments rounded down come out right on average, and the mean of a service time is what the plan says.
EARLY_MS = 1.0


class Sleeper(Protocol):
    """Belongs to the wheel while it sleeps."""

    wakes_ms: int  # the millisecond it sleeps to; 0: it is awake

    def wake(self, then: Callable[[float], None], now_s: float) -> None: ...


Slot = dict[Sleeper, Callable[[float], None]]
_NOBODY: Slot = {}


class Wheel:
    """Sleepers by the millisecond.  One that is cancelled is not kept until its time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: dict[int, Slot] = {}
        self._order: list[int] = []  # a heap of their milliseconds
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ms = 0

    def sleep(self, sleeper: Sleeper, due_s: float, then: Callable[[float], None]) -> None:
        """Have it woken with `then` when it is due."""
        sleeper.wakes_ms = at_ms = int(due_s * 1000)
        slot = self._slots.get(at_ms)
        if slot is None:
            self._slots[at_ms] = {sleeper: then}
            heapq.heappush(self._order, at_ms)
            if self._timer is None or at_ms < self._timer_ms:
                self._set_timer()
        else:
            slot[sleeper] = then

    def cancel(self, sleeper: Sleeper) -> None:
        slot = self._slots.get(sleeper.wakes_ms)
        if slot is not None:
            slot.pop(sleeper, None)
            if not slot:
                del self._slots[sleeper.wakes_ms]
        sleeper.wakes_ms = 0

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _turn(self) -> None:
        now_s = time.monotonic()
        order, slots = self._order, self._slots
        due: list[int] = []
        while order and order[0] <= now_s * 1000:
            due.append(heapq.heappop(order))
        # Who goes to sleep now is not woken before the next turn, whatever moment it gave.
        for at_ms in due:
            for sleeper, then in slots.pop(at_ms, _NOBODY).items():
                if sleeper.wakes_ms == at_ms:  # else cancelled by one woken before it
                    sleeper.wakes_ms = 0
                    sleeper.wake(then, now_s)
        self._timer = None
        if order:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_ms = self._order[0]
        self._timer = self._loop.call_at(self._timer_ms / 1000, self._turn)

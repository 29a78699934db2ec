"""Finds invocations that take longer than the time-out, also when the event loop itself does not run any more.

A thread of its own: it asks the loop to cut them short, and when the loop does not come to it, takes the stacks itself.
"""

from __future__ import annotations

import asyncio
import threading
import time

from harness.target.invocation import InvocationBook, OpenInvocation
from harness.target.lifecycle import Lifecycle

LONGEST_PAUSE_S = 0.25  # between two looks
LOOP_GRACE_S = 0.3  # that the loop gets to do it itself


class Watchdog:
    """Watches one loop's invocations until stopped."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, book: InvocationBook, lifecycle: Lifecycle, *, timeout_s: float
    ) -> None:
        self._loop = loop
        self._book = book
        self._lifecycle = lifecycle
        self._timeout_s = timeout_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="chainload-watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _watch(self) -> None:
        pause_s = min(LONGEST_PAUSE_S, self._timeout_s / 5)
        while not self._stopped.wait(pause_s):
            self._book.flush()  # here, so that the disk's time is not the loop's
            oldest_start_s = self._book.oldest_start_s()
            if oldest_start_s is not None and time.monotonic() - oldest_start_s >= self._timeout_s:
                self._cut_overdue()

    def _cut_overdue(self) -> None:
        limit_s = time.monotonic() - self._timeout_s
        overdue = [invocation for invocation in self._book.in_flight() if invocation.start_s <= limit_s]
        reason = f"no end after {self._timeout_s:g} s"
        try:
            for invocation in overdue:
                self._loop.call_soon_threadsafe(self._lifecycle.cut, invocation, "hung", reason)
        except RuntimeError:  # the loop was closed: the process is leaving
            return
        if not self._recorded_within(overdue, LOOP_GRACE_S):
            for invocation in overdue:
                self._lifecycle.record_cut(
                    invocation, "hung", f"{reason}; the event loop is blocked", blocked=True
                )
            self._book.flush()

    def _recorded_within(self, overdue: list[OpenInvocation], grace_s: float) -> bool:
        until_s = time.monotonic() + grace_s
        while time.monotonic() < until_s:
            if all(invocation.recorded for invocation in overdue):
                return True
            time.sleep(0.01)
        return False

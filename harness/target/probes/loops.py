"""Event loops under watch: since when each is busy, and how long it has been busy altogether.

A loop of the standard library is followed through its selector: what is not spent in ``select`` is busy, exactly.
uvloop has no selector to follow; a heartbeat shows how late it is and its thread's CPU clock how busy.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import Any

from harness.target.probes.probe import CannotInstall

LATE_AFTER_S = 0.025  # a stretch longer than this hurts others
BEAT_S = 0.01
_now = time.monotonic


class LoopWatch:
    """One loop.  Times are written by the loop's thread and read by the observer's; each is one attribute."""

    __slots__ = (
        "beat",
        "busy_s",
        "busy_since_s",
        "clock_id",
        "is_exact",
        "late_s",
        "longest_s",
        "loop",
        "number",
        "restore",
        "schedule",
        "thread_id",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, number: int) -> None:
        self.loop = loop
        self.number = number
        self.thread_id = threading.get_ident()
        self.clock_id = time.pthread_getcpuclockid(self.thread_id)
        self.schedule = _open_schedule()
        self.is_exact = True
        self.busy_s = 0.0  # stretches that have ended
        self.late_s = 0.0
        self.longest_s = 0.0  # since somebody last set it to 0
        self.busy_since_s = _now()  # 0.0: waiting
        self.restore: Any = None
        self.beat: asyncio.TimerHandle | None = None

    def read_clocks(self) -> tuple[float | None, float | None]:
        """Seconds that the loop's thread computed, and that it was ready to but got no processor.

        None when the loop does not run (its thread may be gone), or the system does not tell.
        """
        cpu_s = self.read_cpu_s()
        return cpu_s, None if cpu_s is None else self.read_starved_s()

    def read_cpu_s(self) -> float | None:
        """The first of them, without giving up the interpreter, which takes long to get back from a busy loop."""
        return time.clock_gettime(self.clock_id) if self.loop.is_running() else None

    def read_starved_s(self) -> float | None:
        """The second."""
        if self.schedule is None:
            return None
        try:
            return int(os.pread(self.schedule, 80, 0).split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return None

    def busy_until(self, now_s: float) -> tuple[float, float, float]:
        """Busy and late seconds so far, and the length of the stretch going on."""
        since_s = self.busy_since_s
        going_s = max(now_s - since_s, 0.0) if since_s else 0.0
        return self.busy_s + going_s, self.late_s + (going_s if going_s > LATE_AFTER_S else 0.0), going_s

    def follow_selector(self, selector: Any) -> None:
        """Count what lies between two calls of ``select``."""
        original = selector.select

        def select(timeout: float | None = None) -> Any:
            stretch_s = _now() - self.busy_since_s
            self.busy_since_s = 0.0
            self.busy_s += stretch_s
            if stretch_s > self.longest_s:
                self.longest_s = stretch_s
            if stretch_s > LATE_AFTER_S:
                self.late_s += stretch_s
            try:
                return original(timeout)
            finally:
                self.busy_since_s = _now()

        selector.select = select
        self.restore = lambda: vars(selector).pop("select", None)

    def follow_heartbeat(self) -> None:
        """Count how late a timer fires.  Called on the loop's thread."""
        self.is_exact = False
        self._beat(_now())

    def _beat(self, due_s: float) -> None:
        late_s = _now() - due_s
        if late_s > self.longest_s:
            self.longest_s = late_s
        if late_s > LATE_AFTER_S:
            self.late_s += late_s
            self.busy_s += late_s
        self.busy_since_s = next_s = _now() + BEAT_S  # not due yet: waiting, as far as a beat can tell
        self.beat = self.loop.call_later(BEAT_S, self._beat, next_s)

    def stop(self) -> None:
        if self.schedule is not None:
            os.close(self.schedule)
            self.schedule = None
        if self.restore is not None:
            self.restore()
        if self.beat is not None:
            self.beat.cancel()


class LoopBook:
    """The loops being watched."""

    def __init__(self) -> None:
        self.watches: list[LoopWatch] = []
        self.server: asyncio.AbstractEventLoop | None = None  # the one that requests come in on
        self._made = 0

    def attach(self, loop: asyncio.AbstractEventLoop) -> LoopWatch:
        """Watch a loop.  Called on the thread that runs it.  Raises CannotInstall."""
        for watch in self.watches:
            if watch.loop is loop:
                return watch
        watch = LoopWatch(loop, self._made)
        selector = getattr(loop, "_selector", None)
        if selector is not None and hasattr(selector, "__dict__"):
            watch.follow_selector(selector)
        elif loop.is_running():
            watch.follow_heartbeat()
        else:
            raise CannotInstall(f"{type(loop).__name__} has no selector and does not run yet")
        self._made += 1
        self.watches = [*self.watches, watch]
        return watch

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        for watch in self.watches:
            if watch.loop is loop:
                watch.stop()
        self.watches = [watch for watch in self.watches if watch.loop is not loop]

    def detach_all(self) -> None:
        for watch in self.watches:
            watch.stop()
        self.watches = []


def _open_schedule() -> int | None:
    """What the scheduler tells of the calling thread (Linux), kept open: one short read then, and no name look-up."""
    try:
        return os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None

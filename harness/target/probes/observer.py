"""One idle thread that looks at the others up to fifty times a second and does all the writing.

Its own sleeps are the GIL's yardstick: it is never busy, so when it wakes late somebody else kept the interpreter.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from harness.probe_records import Gauge, LateStack, LoopActivity, ProbeRecord, ProbeStatus, ThreadStack, Trace
from harness.run_directory import JsonlWriter

TICK_S = 0.02
COUNTED_TICK_S = 0.04
IDLE_TICK_S = 0.05
MAX_PENDING = 50_000  # records not yet written
WRITE_S = 0.25
# Numbers, names of ours, and lines from which secrets are gone: looking for them would cost more than all else here.
CLEAN = (Gauge, LateStack, LoopActivity, ThreadStack, Trace)


@dataclass(slots=True)
class Duty:
    """Something done every so often; ``act`` gets the time."""

    name: str
    period_s: float
    act: Callable[[float], None]
    due_s: float = 0.0
    failures: int = 0


class Observer:
    """Runs duties on its own thread.  ``is_idle`` says when to slow down."""

    def __init__(self, writer: JsonlWriter, *, is_idle: Callable[[], bool] = lambda: False) -> None:
        self.overshoot_s = 0.0  # summed over sleeps
        self.sleep_count = 0
        self.thread_id = 0
        self.pause_s = TICK_S  # the last
        self.is_counted_elsewhere = (
            False  # the loop computes, and a signal samples it: each look takes from it
        )
        self.lost_count = 0
        self._writer = writer
        self._is_idle = is_idle
        self._pending: deque[ProbeRecord] = deque()
        self._duties: list[Duty] = []
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def emit(self, record: ProbeRecord) -> None:
        """Write a record soon.  From any thread."""
        if len(self._pending) < MAX_PENDING:
            self._pending.append(record)
        else:
            self.lost_count += 1

    def every(self, period_s: float, act: Callable[[float], None], *, name: str) -> None:
        """Do something every ``period_s``, 0: at every tick."""
        self._duties = [*self._duties, Duty(name, period_s, act)]

    def stop_doing(self, name: str) -> None:
        self._duties = [duty for duty in self._duties if duty.name != name]

    def spread(self, order: Random) -> None:
        """Have every duty somewhere in its period, as if long under way: for looks at a short time of it."""
        now_s = time.monotonic()
        for duty in self._duties:
            duty.due_s = now_s + order.random() * duty.period_s

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="chainload-observer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, after every duty was done once more and everything is written."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(2.0)
            self._thread, self.thread_id = None, 0
        self._do(time.monotonic(), all_of_them=True)
        self.write()
        self._writer.flush()

    def read_cpu_s(self) -> float:
        """Seconds that its thread has computed; 0 when it does not run."""
        if self._thread is None or not self.thread_id or not self._thread.is_alive():
            return 0.0
        return time.clock_gettime(time.pthread_getcpuclockid(self.thread_id))

    def write(self) -> None:
        """Write what is pending.  From any thread."""
        with contextlib.suppress(IndexError):  # another thread was quicker
            while True:
                record = self._pending.popleft()
                self._writer.write(record, redact=not isinstance(record, CLEAN))

    def write_to(self, writer: JsonlWriter) -> None:
        """From now on; what is pending goes where it was meant to."""
        self.write()
        self._writer.flush()
        self._writer = writer

    def _run(self) -> None:
        self.thread_id = threading.get_ident()
        written_s = time.monotonic()
        while not self._stopping.is_set():
            pause_s = self.pause_s = self._choose_pause()
            before_s = time.monotonic()
            time.sleep(pause_s)
            now_s = time.monotonic()
            self.overshoot_s += now_s - before_s - pause_s
            self.sleep_count += 1
            self._do(now_s)
            if now_s - written_s >= WRITE_S:
                written_s = now_s
                self.write()

    def _choose_pause(self) -> float:
        if self._is_idle():
            return IDLE_TICK_S
        return COUNTED_TICK_S if self.is_counted_elsewhere else TICK_S

    def _do(self, now_s: float, *, all_of_them: bool = False) -> None:
        for duty in self._duties:
            if now_s < duty.due_s and not all_of_them:
                continue
            duty.due_s = now_s + duty.period_s
            try:
                duty.act(now_s)
            except Exception as error:  # the edge: a probe must not end the others, nor the target
                self._failed(duty, error)

    def _failed(self, duty: Duty, error: Exception) -> None:
        duty.failures += 1
        if duty.failures >= 3:
            self.stop_doing(duty.name)
            reason = f"stopped after {type(error).__name__}: {error}"[:300]
            self.emit(ProbeStatus(name=duty.name, is_installed=False, reason=reason))

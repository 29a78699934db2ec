"""The process as a whole twice a second: CPU, memory, threads, open files, collector pauses, the GIL."""

from __future__ import annotations

import gc
import os
import resource
import threading
import time
from pathlib import Path
from typing import Any

from harness.probe_records import ProcessReading
from harness.target.probes.observer import Observer
from harness.target.probes.probe import ProbeContext

PERIOD_S = 0.5
STATM = Path("/proc/self/statm")
OPEN_FILES = "/proc/self/fd"


class GcPauses:
    """Time spent in the garbage collector."""

    def __init__(self) -> None:
        self.total_s = 0.0
        self._began_s = 0.0

    def on_collection(self, phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            self._began_s = time.monotonic()
        elif self._began_s:
            self.total_s += time.monotonic() - self._began_s
            self._began_s = 0.0


class GilOvershoot:
    """How late the observer's sleeps end, on average since the last reading; None without one."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._before = (observer.overshoot_s, observer.sleep_count)

    def read(self) -> float | None:
        now = (self._observer.overshoot_s, self._observer.sleep_count)
        late_s, count = now[0] - self._before[0], now[1] - self._before[1]
        self._before = now
        return late_s / count if count else None


class ProcessProbe:
    """Writes ProcessReading."""

    name = "process"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._pauses = GcPauses()
        self._gil: GilOvershoot | None = None

    def install(self, context: ProbeContext) -> None:
        self._context = context
        self._gil = GilOvershoot(context.observer)
        gc.callbacks.append(self._pauses.on_collection)
        context.observer.every(PERIOD_S, self._write, name=self.name)

    def uninstall(self) -> None:
        if self._pauses.on_collection in gc.callbacks:
            gc.callbacks.remove(self._pauses.on_collection)
        if self._context is not None:
            self._context.observer.stop_doing(self.name)

    def _write(self, now_s: float) -> None:
        assert self._context is not None and self._gil is not None
        self._context.emit(
            ProcessReading(
                at_s=now_s,
                cpu_s=time.process_time(),
                rss_bytes=resident_bytes(),
                thread_count=threading.active_count(),
                open_files=open_files(),
                gc_pause_s=self._pauses.total_s,
                gil_overshoot_s=self._gil.read(),
            )
        )


def resident_bytes() -> int | None:
    """Memory of this process now; its largest so far where the system does not tell."""
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return usage * 1024 if usage else None


def open_files() -> int | None:
    """Open descriptors; None where the system does not tell."""
    try:
        # Listing gives up the interpreter for each name, which a busy loop then keeps for milliseconds.
        counted = os.stat(OPEN_FILES).st_size  # noqa: PTH116 - less work; 0 before Linux 6.2
        return counted or len(os.listdir(OPEN_FILES)) - 1  # noqa: PTH208 - the same; one is the listing itself
    except OSError:
        return None

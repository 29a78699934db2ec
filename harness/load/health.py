"""How busy a load-generating process was during one step.  Runs under gevent."""

from __future__ import annotations

import time
from typing import Any

import gevent

from harness.records import GeneratorHealth

TICK_S = 0.02


class HealthMonitor:
    """Between ``begin`` and ``end``: CPU used, and how late a timer of 20 ms fires."""

    def __init__(self) -> None:
        self.in_flight_max = 0
        self._step = -1
        self._start_s = 0.0
        self._start_cpu_s = 0.0
        self._lags_s: list[float] = []
        self._greenlet: Any = None

    def begin(self, step: int) -> None:
        self._step, self.in_flight_max, self._lags_s = step, 0, []
        self._start_s, self._start_cpu_s = time.monotonic(), time.process_time()
        self._greenlet = gevent.spawn(self._tick)

    def end(self, worker: int) -> GeneratorHealth | None:
        """What was measured; None when nothing was begun."""
        if self._greenlet is None:
            return None
        self._greenlet.kill(block=False)
        self._greenlet = None
        end_s = time.monotonic()
        return GeneratorHealth(
            step=self._step,
            worker=worker,
            start_s=self._start_s,
            end_s=end_s,
            cpu_ratio=(time.process_time() - self._start_cpu_s) / max(end_s - self._start_s, 1e-9),
            lag_p95_s=quantile(self._lags_s, 0.95),
            in_flight_max=self.in_flight_max,
        )

    def _tick(self) -> None:
        due_s = time.monotonic() + TICK_S
        while True:
            gevent.sleep(max(due_s - time.monotonic(), 0.0))
            now_s = time.monotonic()
            self._lags_s.append(now_s - due_s)
            due_s = now_s + TICK_S


def quantile(values: list[float], q: float) -> float | None:
    """Nearest rank; None without values."""
    return sorted(values)[min(int(q * len(values)), len(values) - 1)] if values else None

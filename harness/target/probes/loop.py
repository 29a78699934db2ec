"""How busy each event loop is, how late, and how much of that its thread computed: a record every 100 ms.

Loops of the standard library are found when they begin to run; a uvloop has to be shown (``ProbeSet.attach_loop``).
"""

from __future__ import annotations

import asyncio
import functools
import sys
import time
import weakref
from asyncio.base_events import BaseEventLoop
from typing import Any

from harness.probe_records import Anomaly, LoopActivity
from harness.target.probes.loops import LoopWatch
from harness.target.probes.probe import CannotInstall, Patches, ProbeContext
from harness.target.probes.recorder import current_trace

PERIOD_S = 0.1
OF_LATE = 0.7  # weight of what was, ten times a second
MAX_SECOND_LOOPS = 20  # said
MAX_FOLLOWED = 4  # loops that live but for one call are counted, not followed


class LoopProbe:
    """Writes LoopActivity for every loop, and says when another one is started for an invocation."""

    name = "loop"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._last: dict[int, tuple[float, float, float, float | None, float | None]] = {}
        self._second_loops = 0
        self._noted: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        self._patches.replace(BaseEventLoop, "run_forever", self._wrap)
        context.observer.every(PERIOD_S, self._write, name=self.name)

    def uninstall(self) -> None:
        self._patches.restore()
        if self._context is not None:
            self._context.observer.stop_doing(self.name)
            self._context.loops.detach_all()

    def _wrap(self, original: Any) -> Any:
        context = self._context
        assert context is not None

        def run_forever(loop: asyncio.AbstractEventLoop) -> Any:
            self._note_second(loop, context)
            try:
                if len(context.loops.watches) < MAX_FOLLOWED:
                    context.loops.attach(loop)
            except CannotInstall:  # another kind of loop: not followed
                pass
            try:
                return original(loop)
            finally:
                context.loops.detach(loop)

        return functools.wraps(original)(run_forever)

    def _note_second(self, loop: asyncio.AbstractEventLoop, context: ProbeContext) -> None:
        trace = current_trace()
        if trace is None or loop in self._noted or self._second_loops >= MAX_SECOND_LOOPS:
            return
        self._noted.add(loop)  # asyncio.run runs its loop several times
        site, _ = context.sites.of_caller(sys._getframe(2))
        if site < 0:  # a library's own doing
            return
        self._second_loops += 1
        context.emit(
            Anomaly(
                at_s=time.monotonic(),
                kind="second_event_loop",
                message="an event loop of its own was started for one invocation",
                site=site,
                trace_id=trace.trace_id,
            )
        )

    def _write(self, now_s: float) -> None:
        assert self._context is not None
        used = [self._write_one(watch, now_s, self._context) for watch in self._context.loops.watches]
        recorder = self._context.recorder
        recorder.busy_ratio = OF_LATE * recorder.busy_ratio + (1 - OF_LATE) * max(used, default=0.0)

    def _write_one(self, watch: LoopWatch, now_s: float, context: ProbeContext) -> float:
        """Returns the share of a processor that the loop's thread used, or could have used, since the last time."""
        busy_s, late_s, going_s = watch.busy_until(now_s)
        cpu_s, starved_s = watch.read_clocks()
        before = self._last.get(watch.number)
        self._last[watch.number] = (now_s, busy_s, late_s, cpu_s, starved_s)
        longest_s, watch.longest_s = max(watch.longest_s, going_s), 0.0
        if before is None:
            return context.recorder.busy_ratio
        used_s, kept_waiting_s = _since(before[3], cpu_s), _since(before[4], starved_s)
        busy_now_s = busy_s - before[1]
        if not watch.is_exact and used_s is not None:
            busy_now_s = max(busy_now_s, used_s)
        context.emit(
            LoopActivity(
                start_s=before[0],
                end_s=now_s,
                busy_s=min(max(busy_now_s, 0.0), now_s - before[0]),
                cpu_s=used_s,
                starved_s=kept_waiting_s,
                late_s=max(late_s - before[2], 0.0),
                longest_s=longest_s,
            )
        )
        return ((used_s or 0.0) + (kept_waiting_s or 0.0)) / max(now_s - before[0], 1e-6)


def _since(before: float | None, now: float | None) -> float | None:
    return None if before is None or now is None else max(now - before, 0.0)

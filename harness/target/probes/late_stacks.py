"""What holds the event loop: its thread's stack when a stretch has become long, and samples of the short ones.

Stretches are looked at from the observer's thread.  Computing hides from it: a thread that computes gives up the
interpreter mostly at its socket calls, which would then seem to take all the time.  So computing is sampled from
within, by a signal that the kernel sends for CPU time used (where the loop runs on the main thread).
"""

from __future__ import annotations

import asyncio
import inspect
import signal
import sys
import threading
from collections import defaultdict
from dataclasses import dataclass
from types import FrameType
from typing import Any

from harness.probe_records import LateStack, ThreadStack
from harness.target.await_chain import context_of
from harness.target.frames import FrameReader, shorten
from harness.target.live_frames import without_collection
from harness.target.probes.called import BLOCKING, CallNames
from harness.target.probes.loops import LATE_AFTER_S, LoopWatch
from harness.target.probes.observer import TICK_S
from harness.target.probes.probe import ProbeContext
from harness.target.probes.recorder import CURRENT_TRACE

SAMPLE_S = 0.02  # of CPU time, and of the wall while blocked: a count of either stands for as much
WRITE_S = 1.0
MAX_STACKS_PER_S = 20
MAX_FRAMES = 30
MOSTLY = 0.6
ASYNC = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE
RESOURCE = "loop"


@dataclass(slots=True)
class Look:
    """What the clocks of a loop's thread said."""

    at_s: float
    cpu_s: float
    starved_s: float = 0.0  # ready, but without a processor
    starved_at_s: float = -1.0  # when that was read: it costs the interpreter, so only where it matters


class LateStacksProbe:
    """Stacks of late loops, and counts of where a busy loop is."""

    name = "late_stacks"

    def __init__(self, frames: FrameReader | None = None) -> None:
        self._context: ProbeContext | None = None
        self._frames = frames or FrameReader()
        self._calls = CallNames()
        self._looks: dict[int, Look] = {}  # the last, by loop
        self._noted: dict[int, tuple[float, float]] = {}  # by loop: stretch, and its age when noted
        self._in_second = (0, 0)
        self._counts: defaultdict[tuple[int, str], float] = defaultdict(float)
        self._old_handler: Any = None
        self._has_signal = False

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.observer.every(0.0, self._look, name=self.name)
        context.observer.every(WRITE_S, self._write, name=f"{self.name}_write")
        self._install_signal()

    def uninstall(self) -> None:
        if self._has_signal:
            self._has_signal = False
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            if threading.current_thread() is threading.main_thread():  # no other may set handlers
                signal.signal(signal.SIGPROF, self._old_handler)
        if self._context is not None:
            self._context.observer.stop_doing(self.name)
            self._context.observer.stop_doing(f"{self.name}_write")
            self._context.observer.is_counted_elsewhere = False

    def _install_signal(self) -> None:
        taken = signal.getsignal(signal.SIGPROF) not in (signal.SIG_DFL, signal.SIG_IGN)
        if taken or threading.current_thread() is not threading.main_thread():
            return
        # Ignored, not default, when we leave: a last signal on its way would end the process.
        self._old_handler = signal.SIG_IGN
        signal.signal(signal.SIGPROF, self._on_cpu_used)
        signal.siginterrupt(signal.SIGPROF, False)
        signal.setitimer(signal.ITIMER_PROF, SAMPLE_S, SAMPLE_S)
        self._has_signal = True

    def _on_cpu_used(self, number: int, frame: FrameType | None) -> None:
        """On the main thread, between two instructions."""
        context = self._context
        if context is None or frame is None:
            return
        for watch in context.loops.watches:
            if watch.thread_id != threading.main_thread().ident:
                continue
            if watch.busy_since_s and (watch.is_exact or asyncio.current_task(watch.loop) is not None):
                user = context.sites.find_user_frame(frame)
                site = -1 if user is None else context.sites.of_frame(user)
                self._counts[site, "await" if is_awaiting(user, frame) else ""] += 1

    def _look(self, now_s: float) -> None:
        assert self._context is not None
        is_steady = self._has_signal
        for watch in self._context.loops.watches:
            since_s = watch.busy_since_s
            cpu_s = watch.read_cpu_s()
            if cpu_s is None:
                continue
            before, look = self._looks.get(watch.number), Look(now_s, cpu_s)
            self._looks[watch.number] = look
            computes = None if before is None else self._computes(watch, before, look)
            is_steady = is_steady and computes is True
            if not since_s or now_s < since_s:
                continue
            if before is not None and computes is None:
                continue  # cannot be told before the next look
            if computes and self._has_signal and now_s - since_s < LATE_AFTER_S:
                continue  # the signal counts it
            with without_collection():
                self._note(watch, since_s, now_s, computes)
        self._context.observer.is_counted_elsewhere = is_steady

    def _computes(self, watch: LoopWatch, before: Look, look: Look) -> bool | None:
        """Whether its thread mostly computed since the look before, or would have, had it got a processor."""
        enough_s = MOSTLY * max(look.at_s - before.at_s, 1e-6)
        used_s = look.cpu_s - before.cpu_s
        if used_s > enough_s:
            look.starved_s = before.starved_s
            return True
        starved_s = watch.read_starved_s()
        if starved_s is None:
            return False
        look.starved_s, look.starved_at_s = starved_s, look.at_s
        if used_s + starved_s - before.starved_s <= enough_s:
            return False
        return True if before.starved_at_s == before.at_s else None

    def _note(self, watch: LoopWatch, since_s: float, now_s: float, computes: bool | None) -> None:
        frame = sys._current_frames().get(watch.thread_id)
        if frame is None or self._context is None or watch.busy_since_s != since_s:
            return
        user = self._context.sites.find_user_frame(frame)
        waits_in = "" if computes else self._blocking_call(frame)
        if user is None and waits_in in ("poll", "select"):  # the loop's own
            return
        site = -1 if user is None else self._context.sites.of_frame(user)
        if waits_in or not self._has_signal:
            weight = 0.5 * self._context.observer.pause_s / TICK_S
            self._counts[site, waits_in or ("await" if is_awaiting(user, frame) else "")] += weight
        age_s = now_s - since_s
        if age_s > LATE_AFTER_S and self._is_news(watch, since_s, age_s, now_s):
            self._context.emit(
                LateStack(
                    at_s=now_s,
                    late_s=age_s,
                    site=site,
                    stack=shorten(self._frames.of_thread(frame), MAX_FRAMES),
                    is_computing=computes,
                    is_awaited=is_awaiting(user, frame),
                    waits_in=waits_in,
                    trace_id=trace_of_running_task(watch.loop),
                )
            )

    def _blocking_call(self, frame: FrameType) -> str:
        """What blocks the thread; asyncio's own sockets never do, though they let others run."""
        called = self._calls.of(frame)
        return called if called in BLOCKING and "/asyncio/" not in frame.f_code.co_filename else ""

    def _is_news(self, watch: LoopWatch, since_s: float, age_s: float, now_s: float) -> bool:
        """A stretch is noted when it becomes long, and again each time its age has grown fourfold."""
        noted_since_s, noted_age_s = self._noted.get(watch.number, (0.0, 0.0))
        if noted_since_s == since_s and age_s < 4 * noted_age_s:
            return False
        second, count = self._in_second
        count = count + 1 if second == int(now_s) else 1
        self._in_second = (int(now_s), count)
        if count > MAX_STACKS_PER_S:
            return False
        self._noted[watch.number] = (since_s, age_s)
        return True

    def _write(self, now_s: float) -> None:
        assert self._context is not None
        counts, self._counts = self._counts, defaultdict(float)
        for (site, waits_in), count in counts.items():
            if round(count):
                self._context.emit(
                    ThreadStack(
                        at_s=now_s, resource=RESOURCE, site=site, count=round(count), waits_in=waits_in
                    )
                )


def is_awaiting(user: FrameType | None, innermost: FrameType) -> bool:
    """Whether the user's frame only awaits the library that runs inside it: the time is not the user's doing."""
    if user is None or user is innermost:
        return False
    inner = innermost
    while inner.f_back is not None and inner.f_back is not user:
        inner = inner.f_back
    return bool(inner.f_code.co_flags & ASYNC)


def trace_of_running_task(loop: asyncio.AbstractEventLoop) -> str | None:
    """The invocation whose task the loop runs now."""
    task = asyncio.current_task(loop)
    context = None if task is None else context_of(task)
    trace = None if context is None else context.get(CURRENT_TRACE)
    return None if trace is None else trace.trace_id

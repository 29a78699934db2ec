"""threading's Semaphore and Condition and queue.Queue, where user code waits on them in a thread.

threading.Lock and RLock are C types; thread_stacks sees who waits for them.
"""

from __future__ import annotations

import asyncio
import functools
import queue
import sys
import threading
from types import FrameType
from typing import Any

from harness.target.probes.asyncio_sync import GAUGE_S, MADE_AT, wrap_release
from harness.target.probes.permits import STATE, PermitBook, Permits, is_own, name_for, note_maker, reader
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace
from harness.target.probes.sites import UNKNOWN, SiteBook

INNER = (
    "/queue.py",
    "/concurrent/futures/_base.py",
    "/concurrent/futures/thread.py",
)  # with waits of their own


class ThreadSyncProbe:
    """Wraps acquire, wait, get and put."""

    name = "thread_sync"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._book: PermitBook | None = None

    def install(self, context: ProbeContext) -> None:
        self._context = context
        self._book = PermitBook(context.emit)
        context.observer.every(GAUGE_S, self._book.write, name=self.name)
        replace, wait = self._patches.replace, functools.partial(_wrap_wait, sites=context.sites)
        replace(threading.Semaphore, "__init__", self._wrap_init)
        replace(threading.Semaphore, "acquire", self._wrap_acquire)
        acquire = threading.Semaphore.acquire
        replace(threading.Semaphore, "__enter__", lambda original: acquire)
        replace(threading.Semaphore, "release", wrap_release)
        replace(threading.BoundedSemaphore, "release", wrap_release)
        replace(threading.Condition, "wait", functools.partial(wait, kind="condition"))
        replace(queue.Queue, "get", functools.partial(wait, kind="queue"))
        replace(queue.Queue, "put", functools.partial(wait, kind="queue"))

    def uninstall(self) -> None:
        self._patches.restore()
        if self._context is not None:
            self._context.observer.stop_doing(self.name)

    def _wrap_init(self, original: Any) -> Any:
        assert self._context is not None
        sites = self._context.sites

        def initialise(semaphore: Any, value: int = 1) -> None:
            original(semaphore, value)
            setattr(semaphore, MADE_AT, (sites.of_caller(sys._getframe(1))[0], value))
            note_maker(semaphore)

        return functools.wraps(original)(initialise)

    def _wrap_acquire(self, original: Any) -> Any:
        assert self._context is not None
        sites, start = self._context.sites, self._start

        def acquire(semaphore: Any, blocking: bool = True, timeout: float | None = None) -> Any:
            trace = current_trace()
            # On a loop's thread the wait holds up everybody: that is seen, and told, as the loop's.
            if trace is None or is_own(semaphore, trace) or asyncio._get_running_loop() is not None:
                return original(semaphore, blocking, timeout)
            state = getattr(semaphore, STATE, None)
            if state is None:
                state = start(semaphore, sys._getframe(1))
            if not isinstance(state, Permits):
                return original(semaphore, blocking, timeout)
            site, _ = sites.of_caller(sys._getframe(1))
            span = state.wait(trace, site)
            try:
                got = original(semaphore, blocking, timeout)
            finally:
                state.waited(span)
            if got:
                state.taken(trace, site)
            return got

        return functools.wraps(original)(acquire)

    def _start(self, semaphore: Any, frame: FrameType) -> Permits | bool:
        assert self._context is not None and self._book is not None
        site, _ = self._context.sites.of_caller(frame)
        made_at, capacity = getattr(semaphore, MADE_AT, (UNKNOWN, None))
        state: Permits | bool = False
        if site != UNKNOWN:
            name = name_for("thread_semaphore", made_at, site)
            state = self._book.add(
                Permits(
                    name,
                    site=made_at if made_at != UNKNOWN else site,
                    capacity=capacity,
                    read=reader(semaphore, lambda found: _read(found, capacity or 0)),
                )
            )
        setattr(semaphore, STATE, state)
        return state


def _wrap_wait(original: Any, *, sites: SiteBook, kind: str) -> Any:
    def wait(primitive: Any, *args: Any, **kwargs: Any) -> Any:
        trace = current_trace()
        if trace is None:
            return original(primitive, *args, **kwargs)
        frame = sys._getframe(1)
        site, _ = (UNKNOWN, "") if _has_own_span(frame) else sites.of_caller(frame)
        if site == UNKNOWN:
            return original(primitive, *args, **kwargs)
        span = trace.begin("lock_wait", site, f"thread_{kind}:site{site}")
        try:
            return original(primitive, *args, **kwargs)
        finally:
            span.close()

    return functools.wraps(original)(wait)


def _has_own_span(frame: FrameType) -> bool:
    """Whether the wait is part of another that is recorded, or is for work and not for a turn."""
    code = frame.f_code
    return code.co_filename.endswith(INNER) or (
        code.co_name == "acquire" and code.co_filename.endswith("/threading.py")
    )


def _read(semaphore: Any, capacity: int) -> tuple[float, float]:
    """Taken and waiting."""
    return capacity - semaphore._value, len(semaphore._cond._waiters)

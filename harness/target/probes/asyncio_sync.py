"""asyncio's Semaphore and Lock: waits with their call site, permits, holds.

Only what user code takes is followed, and semaphores of libraries that are there to limit (LangChain's max_concurrency,
aiolimiter): the locks inside HTTP clients and servers are part of what those do.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from typing import Any

from harness.target.probes.permits import (
    STATE,
    PermitBook,
    Permits,
    is_own,
    known,
    name_for,
    note_maker,
    reader,
)
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace
from harness.target.probes.sites import UNKNOWN, SiteBook

GAUGE_S = 0.2
MADE_AT = "_chainload_made_at"
NO_LIMITERS = frozenset(
    {
        "aiohttp", "anyio", "harness", "httpcore", "httpcore2", "httpx", "httpx2", "langgraph", "langsmith", "openai",
        "starlette", "uvicorn", "websockets",
    }
)  # fmt: skip


class AsyncioSyncProbe:
    """Wraps acquire and release."""

    name = "asyncio_sync"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._book: PermitBook | None = None
        self._sites: SiteBook | None = None

    def install(self, context: ProbeContext) -> None:
        self._context, self._sites = context, context.sites
        self._book = PermitBook(context.emit)
        context.observer.every(GAUGE_S, self._book.write, name=self.name)
        replace = self._patches.replace
        replace(asyncio.Semaphore, "__init__", self._wrap_init)
        replace(asyncio.Semaphore, "acquire", functools.partial(self._wrap_acquire, kind="semaphore"))
        replace(asyncio.Semaphore, "release", wrap_release)
        replace(asyncio.Lock, "__init__", _wrap_lock_init)
        replace(asyncio.Lock, "acquire", functools.partial(self._wrap_acquire, kind="lock"))
        replace(asyncio.Lock, "release", wrap_release)

    def uninstall(self) -> None:
        self._patches.restore()
        if self._context is not None:
            self._context.observer.stop_doing(self.name)

    def _wrap_init(self, original: Any) -> Any:
        sites = self._sites
        assert sites is not None

        def initialise(semaphore: Any, value: int = 1) -> None:
            original(semaphore, value)
            setattr(semaphore, MADE_AT, (sites.of_stack(sys._getframe(1)), value))
            note_maker(semaphore)

        return functools.wraps(original)(initialise)

    def _wrap_acquire(self, original: Any, *, kind: str) -> Any:
        sites, start = self._sites, self._start
        assert sites is not None

        async def acquire(primitive: Any) -> Any:
            trace = current_trace()
            if trace is None or is_own(primitive, trace):
                return await original(primitive)
            state = getattr(primitive, STATE, None)
            if state is None:
                state = start(primitive, kind, sys._getframe(1))
            if not isinstance(state, Permits):
                return await original(primitive)
            site = sites.of_stack(sys._getframe(1))
            if primitive.locked():
                span = state.wait(trace, site)
                try:
                    got = await original(primitive)
                finally:
                    state.waited(span)
            else:
                got = await original(primitive)
            state.taken(trace, site)
            return got

        return functools.wraps(original)(acquire)

    def _start(self, primitive: Any, kind: str, frame: Any) -> Permits | bool:
        """Follow it from now on, or never: decided by who uses it first."""
        assert self._sites is not None and self._book is not None
        site, package = self._sites.of_caller(frame)
        made_at, capacity = getattr(primitive, MADE_AT, (UNKNOWN, 1))
        ours = site != UNKNOWN or (kind == "semaphore" and package not in NO_LIMITERS)
        if site == UNKNOWN:
            site = self._sites.of_stack(frame)
        state: Permits | bool = False
        if ours:
            state = self._book.add(
                Permits(
                    name_for(kind, made_at, site),
                    site=made_at if made_at != UNKNOWN else site,
                    capacity=capacity,
                    read=reader(primitive, lambda found: _read(found, capacity)),
                )
            )
        setattr(primitive, STATE, state)
        return state


def _wrap_lock_init(original: Any) -> Any:
    def initialise(lock: Any) -> None:
        original(lock)
        note_maker(lock)

    return functools.wraps(original)(initialise)


def wrap_release(original: Any) -> Any:
    """A release that says so first."""

    def release(primitive: Any, *args: Any) -> Any:
        state = known(primitive)
        if state is not None:
            state.given_back()
        return original(primitive, *args)

    return functools.wraps(original)(release)


def _read(primitive: Any, capacity: int) -> tuple[float, float]:
    """Taken and waiting."""
    taken = capacity - primitive._value if hasattr(primitive, "_value") else int(primitive.locked())
    return taken, len(primitive._waiters or ())

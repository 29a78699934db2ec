"""Waits of user code on Condition, Event, Queue and AnyIO's streams: a single consumer, a hand-made limiter."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace
from harness.target.probes.sites import UNKNOWN, SiteBook

Waits = Callable[[Any], bool]
NAME = "_chainload_name"
THROUGH = ("anyio",)  # `async for` over a stream calls it


class AsyncioQueuesProbe:
    """Wraps what can wait, and records it when the caller is the user's code."""

    name = "asyncio_queues"

    def __init__(self) -> None:
        self._patches = Patches()

    def install(self, context: ProbeContext) -> None:
        wrap = functools.partial(_wrap, sites=context.sites)
        self._patches.replace(
            asyncio.Condition, "wait", functools.partial(wrap, kind="condition", waits=lambda _: True)
        )
        event = functools.partial(wrap, kind="event", waits=lambda event: not event.is_set())
        self._patches.replace(asyncio.Event, "wait", event)
        self._patches.replace(
            asyncio.Queue, "get", functools.partial(wrap, kind="queue", waits=lambda queue: queue.empty())
        )
        self._patches.replace(
            asyncio.Queue, "put", functools.partial(wrap, kind="queue", waits=lambda queue: queue.full())
        )
        context.imports.when_loaded("anyio.streams.memory", functools.partial(self._patch_streams, wrap))
        context.imports.when_loaded(
            "anyio._backends._asyncio", lambda module: self._patches.replace(module.Event, "wait", event)
        )

    def uninstall(self) -> None:
        self._patches.restore()

    def _patch_streams(self, wrap: Callable[..., Any], module: ModuleType) -> None:
        wrap = functools.partial(wrap, kind="queue", through=THROUGH)
        self._patches.replace(
            module.MemoryObjectSendStream, "send", functools.partial(wrap, waits=_has_no_room)
        )
        self._patches.replace(
            module.MemoryObjectReceiveStream, "receive", functools.partial(wrap, waits=_has_nothing)
        )


def _has_no_room(stream: Any) -> bool:
    """Whoever waits at the other end may be somebody else's by the time it comes to that: not asked."""
    state = stream.statistics()
    return bool(state.current_buffer_used >= state.max_buffer_size)


def _has_nothing(stream: Any) -> bool:
    return not stream.statistics().current_buffer_used


def _wrap(original: Any, *, sites: SiteBook, kind: str, waits: Waits, through: tuple[str, ...] = ()) -> Any:
    async def wait(primitive: Any, *args: Any, **named: Any) -> Any:
        trace = current_trace()
        if trace is None or not waits(primitive):
            return await original(primitive, *args, **named)
        site, _ = sites.of_caller(sys._getframe(1), through=through)
        if site == UNKNOWN:
            return await original(primitive, *args, **named)
        name = _name_of(primitive, f"{kind}:site{site}")
        span = trace.begin("lock_wait", site, name)
        try:
            return await original(primitive, *args, **named)
        finally:
            span.close()

    return functools.wraps(original)(wait)


def _name_of(primitive: Any, first: str) -> str:
    """By the place that waited for it first; both ends of a stream, and clones of them, share what they stand for."""
    shared = getattr(primitive, "_state", primitive)
    name: str | None = getattr(shared, NAME, None)
    if name is None:
        name = first
        with contextlib.suppress(AttributeError):  # slots leave no room for it
            setattr(shared, NAME, name)
    return name

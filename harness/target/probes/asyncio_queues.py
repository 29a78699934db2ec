"""Waits of user code on asyncio's Condition, Event and Queue: a single consumer, a hand-made limiter."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Callable
from typing import Any

from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace
from harness.target.probes.sites import UNKNOWN, SiteBook

Waits = Callable[[Any], bool]
NAME = "_chainload_name"


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
        self._patches.replace(
            asyncio.Event,
            "wait",
            functools.partial(wrap, kind="event", waits=lambda event: not event.is_set()),
        )
        self._patches.replace(
            asyncio.Queue, "get", functools.partial(wrap, kind="queue", waits=lambda queue: queue.empty())
        )
        self._patches.replace(
            asyncio.Queue, "put", functools.partial(wrap, kind="queue", waits=lambda queue: queue.full())
        )

    def uninstall(self) -> None:
        self._patches.restore()


def _wrap(original: Any, *, sites: SiteBook, kind: str, waits: Waits) -> Any:
    async def wait(primitive: Any, *args: Any) -> Any:
        trace = current_trace()
        if trace is None or not waits(primitive):
            return await original(primitive, *args)
        site, _ = sites.of_caller(sys._getframe(1))
        if site == UNKNOWN:
            return await original(primitive, *args)
        name = getattr(primitive, NAME, None)
        if name is None:
            name = f"{kind}:site{site}"
            setattr(primitive, NAME, name)
        span = trace.begin("lock_wait", site, name)
        try:
            return await original(primitive, *args)
        finally:
            span.close()

    return functools.wraps(original)(wait)

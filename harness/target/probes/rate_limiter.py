"""Waits in the client's own rate limiter: LangChain's InMemoryRateLimiter."""

from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any

from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import OpenSpan, current_trace

MADE_AT = "_chainload_made_at"


class RateLimiterProbe:
    """Wraps acquire and aacquire; the site is where the limiter was made, the detail its rate."""

    name = "rate_limiter"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.imports.when_loaded("langchain_core.rate_limiters", self._patch)

    def uninstall(self) -> None:
        self._patches.restore()

    def _patch(self, module: ModuleType) -> None:
        limiter = module.InMemoryRateLimiter
        self._patches.replace(limiter, "__init__", self._wrap_init)
        self._patches.replace(limiter, "acquire", self._wrap_acquire)
        self._patches.replace(limiter, "aacquire", self._wrap_aacquire)

    def _wrap_init(self, original: Any) -> Any:
        def initialise(limiter: Any, *args: Any, **kwargs: Any) -> None:
            original(limiter, *args, **kwargs)
            assert self._context is not None
            setattr(limiter, MADE_AT, self._context.sites.of_stack(sys._getframe(1)))

        return functools.wraps(original)(initialise)

    def _begin(self, limiter: Any, blocking: bool) -> OpenSpan | None:
        trace = current_trace()
        if trace is None or not blocking:
            return None
        site = getattr(limiter, MADE_AT, -1)
        detail = f"{limiter.requests_per_second:g}/s"
        return trace.begin("limiter_wait", site, f"limiter:site{site}", detail=detail)

    def _wrap_acquire(self, original: Any) -> Any:
        def acquire(limiter: Any, *, blocking: bool = True) -> Any:
            span = self._begin(limiter, blocking)
            try:
                return original(limiter, blocking=blocking)
            finally:
                if span is not None:
                    span.close()

        return functools.wraps(original)(acquire)

    def _wrap_aacquire(self, original: Any) -> Any:
        async def aacquire(limiter: Any, *, blocking: bool = True) -> Any:
            span = self._begin(limiter, blocking)
            try:
                return await original(limiter, blocking=blocking)
            finally:
                if span is not None:
                    span.close()

        return functools.wraps(original)(aacquire)

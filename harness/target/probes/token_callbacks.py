"""Callbacks on each token that hold the stream back: the time in on_llm_new_token of the user's own handlers."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import OpenSpan, current_trace
from harness.target.probes.sites import UNKNOWN

EVENT = "on_llm_new_token"


class TokenCallbacksProbe:
    """Wraps the callback managers of a model run."""

    name = "token_callbacks"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._known: dict[type, int] = {}  # handler class to the place of its method

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.imports.when_loaded("langchain_core.callbacks.manager", self._patch)

    def uninstall(self) -> None:
        self._patches.restore()
        self._known.clear()

    def _patch(self, module: ModuleType) -> None:
        self._patches.replace(module.CallbackManagerForLLMRun, EVENT, self._wrap)
        self._patches.replace(module.AsyncCallbackManagerForLLMRun, EVENT, self._wrap_async)

    def _wrap(self, original: Any) -> Any:
        def on_llm_new_token(manager: Any, *args: Any, **kwargs: Any) -> Any:
            span = self._begin(manager.handlers)
            try:
                return original(manager, *args, **kwargs)
            finally:
                if span is not None:
                    span.close()

        return functools.wraps(original)(on_llm_new_token)

    def _wrap_async(self, original: Any) -> Any:
        async def on_llm_new_token(manager: Any, *args: Any, **kwargs: Any) -> Any:
            span = self._begin(manager.handlers)
            try:
                return await original(manager, *args, **kwargs)
            finally:
                if span is not None:
                    span.close()

        return functools.wraps(original)(on_llm_new_token)

    def _begin(self, handlers: list[Any]) -> OpenSpan | None:
        for handler in handlers:
            site = self._site_of(type(handler))
            if site != UNKNOWN:
                trace = current_trace()
                name = f"callback:{type(handler).__name__}"
                return None if trace is None else trace.begin("stream_consumer", site, name)
        return None

    def _site_of(self, handler: type) -> int:
        """Where the user's class handles tokens; -1 when it does not, or is a library's."""
        known = self._known.get(handler)
        if known is None:
            assert self._context is not None
            known = self._known[handler] = self._context.sites.of_function(getattr(handler, EVENT, None))
        return known

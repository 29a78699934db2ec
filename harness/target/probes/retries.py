"""Pauses between tries: openai's own, and tenacity's (LangChain's with_retry)."""

from __future__ import annotations

import functools
import sys
import time
from types import ModuleType
from typing import Any

from harness.probe_records import Span
from harness.target.probes.origins import find_origin
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import context_id, current_trace


class OpenAIRetriesProbe:
    """Wraps ``_sleep_for_retry``, one method in each of openai's two base clients."""

    name = "openai_retries"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.imports.when_loaded("openai._base_client", self._patch)

    def uninstall(self) -> None:
        self._patches.restore()

    def _patch(self, module: ModuleType) -> None:
        self._patches.replace(module.SyncAPIClient, "_sleep_for_retry", self._wrap)
        self._patches.replace(module.AsyncAPIClient, "_sleep_for_retry", self._wrap_async)

    def _begin(self, options: dict[str, Any], frame: Any) -> Any:
        trace = current_trace()
        if trace is None or self._context is None:
            return None
        status = getattr(options.get("response"), "status_code", "error")
        detail = f"openai {options.get('retries_taken', 0) + 1}/{options.get('max_retries')} {status}"
        return trace.begin("backoff", find_origin(self._context.sites, frame), "retry:openai", detail=detail)

    def _wrap(self, original: Any) -> Any:
        def _sleep_for_retry(client: Any, **options: Any) -> Any:
            span = self._begin(options, sys._getframe(1))
            try:
                return original(client, **options)
            finally:
                if span is not None:
                    span.close()

        return functools.wraps(original)(_sleep_for_retry)

    def _wrap_async(self, original: Any) -> Any:
        async def _sleep_for_retry(client: Any, **options: Any) -> Any:
            span = self._begin(options, sys._getframe(1))
            try:
                return await original(client, **options)
            finally:
                if span is not None:
                    span.close()

        return functools.wraps(original)(_sleep_for_retry)


class TenacityProbe:
    """Reads the pause that tenacity has decided on; it lasts as long, unless it is cancelled."""

    name = "tenacity"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.imports.when_loaded("tenacity", self._patch)
        context.imports.when_loaded("tenacity.asyncio", self._patch_async)

    def uninstall(self) -> None:
        self._patches.restore()

    def _patch(self, module: ModuleType) -> None:
        self._patches.replace(module.BaseRetrying, "iter", self._wrap)

    def _patch_async(self, module: ModuleType) -> None:
        self._patches.replace(module.AsyncRetrying, "iter", self._wrap_async)

    def _note(self, decision: Any, state: Any, frame: Any) -> None:
        trace = current_trace()
        if trace is None or self._context is None or type(decision).__name__ != "DoSleep":
            return
        now_s = time.monotonic()
        detail = f"tenacity {getattr(state, 'attempt_number', '')}"
        site = find_origin(self._context.sites, frame)
        trace.add(
            Span(
                "backoff",
                site,
                now_s,
                now_s + float(decision),
                context_id(),
                "retry:tenacity",
                None,
                detail,
            )
        )

    def _wrap(self, original: Any) -> Any:
        def iterate(retrying: Any, retry_state: Any) -> Any:
            decision = original(retrying, retry_state)
            self._note(decision, retry_state, sys._getframe(1))
            return decision

        return functools.wraps(original)(iterate)

    def _wrap_async(self, original: Any) -> Any:
        async def iterate(retrying: Any, retry_state: Any) -> Any:
            decision = await original(retrying, retry_state)
            self._note(decision, retry_state, sys._getframe(1))
            return decision

        return functools.wraps(original)(iterate)

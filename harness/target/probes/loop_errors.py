"""Errors and warnings that say that sync and async were mixed up, and errors of tasks that nobody looks at."""

from __future__ import annotations

import asyncio
import functools
import sys
import time
import traceback
import types
import warnings
from asyncio.base_events import BaseEventLoop
from typing import Any

from harness.probe_records import Anomaly
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import OpenTrace, current_trace
from harness.target.probes.sites import UNKNOWN

MAX_EACH = 20  # said of a kind
ORIGIN_DEPTH = 3  # frames kept of who made a coroutine, once one was found that nobody awaited
MESSAGES = {
    "attached to a different loop": "different_loop",
    "bound to a different event loop": "different_loop",
    "Event loop is closed": "loop_closed",
    "event loop is already running": "loop_already_running",
    "cannot be called from a running event loop": "loop_already_running",
    "cannot be called when another loop is running": "loop_already_running",
    "no running event loop": "no_running_loop",
    "no current event loop": "no_running_loop",
    "was never awaited": "never_awaited",
}


class LoopErrorsProbe:
    """Listens where such errors surface."""

    name = "loop_errors"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._said: dict[str, int] = {}
        self._depth: int | None = None

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.recorder.on_end.append(self._ended)
        self._patches.replace(BaseEventLoop, "call_exception_handler", self._wrap_handler)
        self._patches.replace(warnings, "_warn_unawaited_coroutine", self._wrap_warning)

    def uninstall(self) -> None:
        self._patches.restore()
        if self._context is not None and self._ended in self._context.recorder.on_end:
            self._context.recorder.on_end.remove(self._ended)
        if self._depth is not None:
            sys.set_coroutine_origin_tracking_depth(self._depth)
            self._depth = None

    def _ended(self, trace: OpenTrace) -> None:
        kind = None if trace.error is None else kind_of(trace.error)
        if kind is not None and trace.error is not None:
            self._say(kind, str(trace.error), self._site_of(trace.error), trace.trace_id)

    def _wrap_handler(self, original: Any) -> Any:
        def call_exception_handler(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> Any:
            error, message = context.get("exception"), str(context.get("message", ""))
            kind = kind_of(error) if isinstance(error, BaseException) else None
            if kind is None and "never retrieved" in message:
                kind = "task_error_lost"
            if kind is not None:
                site = self._site_of(error) if isinstance(error, BaseException) else UNKNOWN
                self._say(kind, f"{message}: {error!r}", site, None)
            return original(loop, context)

        return functools.wraps(original)(call_exception_handler)

    def _wrap_warning(self, original: Any) -> Any:
        # The warning names the line two frames out; ours stands between, so it must look further.
        names = {**original.__globals__, "warn": _warn_further_out}
        inner = types.FunctionType(original.__code__, names, original.__name__)

        def warn_unawaited(coroutine: Any) -> Any:
            self._note_unawaited(coroutine)
            return inner(coroutine)

        return functools.wraps(original)(warn_unawaited)

    def _note_unawaited(self, coroutine: Any) -> None:
        assert self._context is not None
        trace = current_trace()
        site = UNKNOWN
        for file, line, function in coroutine.cr_origin or ():  # innermost first
            site = self._context.sites.of_line(file, line, function)
            if site != UNKNOWN:
                break
        if site == UNKNOWN:
            site = self._context.sites.of_code(coroutine.cr_code)
        name = getattr(coroutine, "__qualname__", "?")
        self._say(
            "never_awaited",
            f"coroutine {name} was never awaited",
            site,
            None if trace is None else trace.trace_id,
        )
        if self._depth is None:  # from now on, at a cost, we know who makes them
            self._depth = sys.get_coroutine_origin_tracking_depth()
            sys.set_coroutine_origin_tracking_depth(max(self._depth, ORIGIN_DEPTH))

    def _site_of(self, error: BaseException) -> int:
        assert self._context is not None
        walked = traceback.walk_tb(error.__traceback__)
        return self._context.sites.of_positions([(frame.f_code, line) for frame, line in walked])

    def _say(self, kind: str, message: str, site: int, trace_id: str | None) -> None:
        count = self._said[kind] = self._said.get(kind, 0) + 1
        if count <= MAX_EACH and self._context is not None:
            self._context.emit(
                Anomaly(at_s=time.monotonic(), kind=kind, message=message[:300], site=site, trace_id=trace_id)
            )


def _warn_further_out(message: str, category: type[Warning], stacklevel: int, source: Any) -> None:
    warnings.warn(message, category, stacklevel=stacklevel + 2, source=source)


def kind_of(error: BaseException | None) -> str | None:
    """What an error, or one behind it, says of the event loop; None when it says nothing of that."""
    for _ in range(10):
        if error is None:
            return None
        text = str(error)
        for part, kind in MESSAGES.items():
            if part in text:
                return kind
        error = error.__cause__ or error.__context__
    return None

"""Follows a suspended coroutine through what it awaits.  Reads other tasks from outside; changes nothing.

CPython offers no public way from a task to the future it waits for before 3.14, nor from a future to who will complete
it; the links used here are the attributes of coroutines (cr_await and its likes), what the garbage collector
sees, and the local variables of suspended library frames.  Each step may find nothing: then the chain ends there.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future as ThreadFuture
from types import CodeType, FrameType
from typing import Any

import msgspec

MAX_DEPTH = 200
MAX_OPTIONS = 64  # tasks looked at when one waits for many
_KINDS = (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await"))

Position = tuple[CodeType, int]


class Walk(msgspec.Struct):
    """One task's part of a chain: its frames, outermost first, and the future it ends in."""

    positions: list[Position]
    last_frame: FrameType | None
    waits_for: Any  # a future, or None when it is running or waits for nothing known


def walk_task(task: asyncio.Task[Any]) -> Walk:
    """The frames of a task that is not running now."""
    positions: list[Position] = []
    frame: FrameType | None = None
    awaited: Any = task.get_coro()
    for _ in range(MAX_DEPTH):
        here, following = _step(awaited)
        if here is not None:
            frame = here
            positions.append((here.f_code, here.f_lineno or here.f_code.co_firstlineno))
        if following is None or asyncio.isfuture(following):
            return Walk(positions=positions, last_frame=frame, waits_for=following)
        awaited = following
    return Walk(positions=positions, last_frame=frame, waits_for=None)


def _step(awaited: Any) -> tuple[FrameType | None, Any]:
    """The frame of something awaited, and what that awaits in turn."""
    for frame_name, next_name in _KINDS:
        frame = getattr(awaited, frame_name, None)
        if frame is not None:
            return frame, getattr(awaited, next_name, None)
    # An iterator of the interpreter (of a future, of asend(), of __await__): opaque, but for what it refers to.
    for referent in gc.get_referents(awaited) if awaited is not None else ():
        if asyncio.isfuture(referent) or any(hasattr(referent, name) for name, _ in _KINDS):
            return None, referent
    return None, None


def tasks_awaited(walk: Walk) -> list[asyncio.Task[Any]]:
    """The tasks that a task's last await is for: itself a task, or the children of a gather."""
    if isinstance(walk.waits_for, asyncio.Task):
        return [walk.waits_for]
    return _unfinished(_tasks_in(getattr(walk.waits_for, "_children", ())))


def tasks_nearby(walk: Walk) -> list[asyncio.Task[Any]]:
    """Tasks in the local variables of the last frame: what a wait, a shield or a group looks after."""
    if walk.last_frame is None or walk.waits_for is None:
        return []
    return _unfinished(task for value in _locals_of(walk.last_frame) for task in _tasks_in(value))


def _unfinished(tasks: Iterable[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    return list(dict.fromkeys(task for task in tasks if not task.done()))[:MAX_OPTIONS]


def _locals_of(frame: FrameType) -> list[Any]:
    """Local variables of a suspended frame, and the task sets of those that are task groups."""
    try:
        values = list(frame.f_locals.values())
    except RuntimeError:  # it ran on in the meantime
        return []
    return values + [getattr(value, "_tasks", None) for value in values]


def thread_behind(walk: Walk) -> int | None:
    """The thread that a library's last frame has handed its work to, by a local variable (AnyIO's ``worker``)."""
    values = _locals_of(walk.last_frame) if walk.last_frame is not None else []
    threads = (value.ident for value in values if isinstance(value, threading.Thread) and value.is_alive())
    return next(threads, None)


def _tasks_in(value: Any) -> Iterator[asyncio.Task[Any]]:
    """Tasks in a value: itself, or what a collection holds."""
    if isinstance(value, asyncio.Task):
        yield value
    elif isinstance(value, (list, tuple, set, frozenset, dict)):
        for item in _copy(value):
            if isinstance(item, asyncio.Task):
                yield item


def _copy(values: Iterable[Any]) -> list[Any]:
    try:
        return list(values)
    except RuntimeError:  # changed by the loop's thread meanwhile
        return []


def context_of(task: asyncio.Task[Any]) -> contextvars.Context | None:
    """The context a task runs in."""
    if hasattr(task, "get_context"):  # 3.12 and later
        context: contextvars.Context = task.get_context()
        return context
    referents = [
        *gc.get_referents(task),
        getattr(task, "_context", None),
    ]  # the latter of tasks written in Python
    return next((found for found in referents if isinstance(found, contextvars.Context)), None)


def completes(thread_future: ThreadFuture[Any], loop_future: Any) -> bool:
    """Whether a thread pool's future is the one that this future of a loop was made from (wrap_future)."""
    for callback in _copy(getattr(thread_future, "_done_callbacks", ())):
        for cell in getattr(callback, "__closure__", None) or ():
            try:
                if cell.cell_contents is loop_future:
                    return True
            except ValueError:  # an empty cell
                continue
    return False

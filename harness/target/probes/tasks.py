"""Tasks: the line that began each, and those that still run when their invocation has been answered."""

from __future__ import annotations

import asyncio
import functools
import sys
import time
import weakref
from asyncio.base_events import BaseEventLoop
from typing import Any

from harness.probe_records import Anomaly
from harness.target.probes.origins import begin_from
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import OpenTrace, current_trace
from harness.target.probes.sites import UNKNOWN

MAX_TASKS = 200  # followed in one invocation
MAX_SAID_PER_S = 10


class TasksProbe:
    """Wraps ``create_task`` of the standard library's loops, and looks at the end of an invocation."""

    name = "tasks"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._in_second = (0, 0)

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.recorder.on_end.append(self._ended)
        self._patches.replace(BaseEventLoop, "create_task", self._wrap)

    def uninstall(self) -> None:
        self._patches.restore()
        if self._context is not None and self._ended in self._context.recorder.on_end:
            self._context.recorder.on_end.remove(self._ended)

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """A loop of another kind, whose create_task cannot be wrapped, by its task factory."""
        if isinstance(loop, BaseEventLoop) or loop.get_task_factory() is not None:
            return

        def make(loop: Any, coroutine: Any, **options: Any) -> Any:
            begin = functools.partial(asyncio.Task, coroutine, loop=loop, **options)
            return self._begin(begin, sys._getframe(1), options.get("context"))

        loop.set_task_factory(make)

    def _wrap(self, original: Any) -> Any:
        begin = self._begin

        def create_task(loop: Any, coroutine: Any, **options: Any) -> Any:
            if current_trace() is None:
                return original(loop, coroutine, **options)
            original_begin = functools.partial(original, loop, coroutine, **options)
            return begin(original_begin, sys._getframe(1), options.get("context"))

        return functools.wraps(original)(create_task)

    def _begin(self, begin: Any, frame: Any, context: Any) -> Any:
        trace = current_trace()
        if trace is None or self._context is None:
            return begin()
        site, is_direct = self._context.sites.of_creator(frame)
        if site == UNKNOWN:  # what the context holds already is handed down as it is
            return begin()
        task = begin_from(site, begin, context)
        if is_direct and len(trace.tasks) < MAX_TASKS:
            trace.tasks.append((weakref.ref(task), site))
        return task

    def _ended(self, trace: OpenTrace) -> None:
        if not trace.tasks or trace.is_cut or trace.error is not None:
            return
        running = asyncio.current_task() if asyncio._get_running_loop() is not None else None
        for reference, site in trace.tasks:
            task = reference()
            if task is not None and task is not running and not task.done() and self._may_say():
                self._say(trace, task, site)

    def _say(self, trace: OpenTrace, task: Any, site: int) -> None:
        assert self._context is not None
        name = getattr(task.get_coro(), "__qualname__", "a task")
        self._context.emit(
            Anomaly(
                at_s=time.monotonic(),
                kind="task_left_running",
                message=f"{name} still ran when the invocation was answered",
                site=site,
                trace_id=trace.trace_id,
            )
        )

    def _may_say(self) -> bool:
        second, count = self._in_second
        count = count + 1 if second == int(time.monotonic()) else 1
        self._in_second = (int(time.monotonic()), count)
        return count <= MAX_SAID_PER_S

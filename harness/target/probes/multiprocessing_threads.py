"""Pools of threads of ``multiprocessing.pool``: waits from submit to start, runs, and how full each pool is.

Its many ways to submit end in two: ``apply_async``, and the tasks that ``map``, ``imap`` and their like generate.
Pools of processes are left alone: what happens there cannot be seen from here.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any, TypeAlias

from harness.target.invocation import CURRENT, OpenInvocation
from harness.target.probes.executor import GAUGE_S
from harness.target.probes.jobs import Job
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import OpenTrace, current_trace
from harness.target.probes.resources import PoolCount, Resource
from harness.target.probes.sites import UNKNOWN
from harness.target.probes.weak_tables import each_alive

Task: TypeAlias = tuple[Any, int, Callable[..., Any], tuple[Any, ...], dict[str, Any]]
Owner: TypeAlias = tuple[OpenTrace | None, OpenInvocation | None]
NOBODY: Owner = (None, None)
RUN = "RUN"  # what a pool says of itself until it is closed


class MultiprocessingThreadsProbe:
    """Follows jobs of ``multiprocessing.pool.ThreadPool``."""

    name = "multiprocessing_threads"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._resources: weakref.WeakKeyDictionary[Any, Resource] = weakref.WeakKeyDictionary()
        self._mappers: tuple[Any, ...] = ()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.imports.when_loaded("multiprocessing.pool", self._patch)
        context.observer.every(GAUGE_S, self._gauge, name=self.name)

    def uninstall(self) -> None:
        self._patches.restore()
        if self._context is not None:
            self._context.observer.stop_doing(self.name)

    def _patch(self, module: ModuleType) -> None:
        self._mappers = (module.mapstar, module.starmapstar)  # they are given a function, and a chunk for it
        self._patches.replace(module.ThreadPool, "__init__", self._wrap_init)
        self._patches.replace(module.ThreadPool, "apply_async", self._wrap_apply)
        self._patches.replace(module.ThreadPool, "_guarded_task_generation", self._wrap_generation)

    def _wrap_init(self, original: Any) -> Any:
        def initialise(pool: Any, *args: Any, **kwargs: Any) -> None:
            original(pool, *args, **kwargs)
            assert self._context is not None
            site = self._context.sites.of_stack(sys._getframe(1))
            name = "executor:ThreadPool" if site == UNKNOWN else f"executor:site{site}"
            self._resources[pool] = self._context.jobs.resources.named(
                name, site=site, capacity=pool._processes
            )

        return functools.wraps(original)(initialise)

    def _wrap_apply(self, original: Any) -> Any:
        def apply_async(
            pool: Any, func: Any, args: Iterable[Any] = (), kwds: Any = None, *rest: Any, **named: Any
        ) -> Any:
            args, kwds = tuple(args), dict(kwds or {})
            resource, owner = self._resources.get(pool), (current_trace(), CURRENT.get())
            if resource is None or owner == NOBODY:
                return original(pool, func, args, kwds, *rest, **named)
            job = self._queue(resource, owner, func, args)
            try:
                return original(pool, self._run, (job, func, args, kwds), {}, *rest, **named)
            except BaseException:  # the pool is closed
                if job.span is not None:
                    job.span.drop()
                raise

        return functools.wraps(original)(apply_async)

    def _wrap_generation(self, original: Any) -> Any:
        def generate(pool: Any, result: Any, function: Any, items: Iterable[Any]) -> Iterator[Task]:
            tasks: Iterator[Task] = original(pool, result, function, items)
            resource, owner = self._resources.get(pool), (current_trace(), CURRENT.get())
            return tasks if resource is None or owner == NOBODY else self._follow(tasks, resource, owner)

        return functools.wraps(original)(generate)

    def _follow(self, tasks: Iterator[Task], resource: Resource, owner: Owner) -> Iterator[Task]:
        """The same tasks.  The pool takes them on a thread of its own, as soon as they are there."""
        for number, place, function, args, named in tasks:
            users = args[0][0] if function in self._mappers else function
            job = self._queue(resource, owner, users, args)
            yield number, place, self._run, (job, function, args, named), {}

    def _queue(self, resource: Resource, owner: Owner, function: Any, args: tuple[Any, ...]) -> Job:
        """It waits for a thread from now on."""
        assert self._context is not None
        job = Job(resource, *owner)
        self._context.jobs.queue(job, function, args)
        return job

    def _run(self, job: Job, function: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """On the pool's thread.  Only now it is the invocation's work: a pool may be ended before it comes to it."""
        assert self._context is not None
        if job.invocation is not None:
            job.invocation.jobs.add(job)
        return self._context.jobs.run(job, function, args, named)

    def _gauge(self, now_s: float) -> None:
        assert self._context is not None
        for gauge in self._context.jobs.gauges(now_s, self._count()):
            self._context.emit(gauge)

    def _count(self) -> Iterator[PoolCount]:
        for pool, resource in each_alive(self._resources):
            if pool._state == RUN:
                queued = pool._inqueue.qsize()
                in_use = pool._processes if queued else 0  # jobs of nobody's keep threads busy, too
                yield PoolCount(resource, in_use, pool._processes, queued)

"""Thread pools: waits from submit to start, runs, and how full each pool is.

Wraps ``ThreadPoolExecutor.submit``, the one public door to every pool of the standard library, LangChain's included.
"""

from __future__ import annotations

import asyncio
import functools
import sys
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from harness.probe_records import Gauge
from harness.target.invocation import CURRENT
from harness.target.probes.jobs import Job, JobBook
from harness.target.probes.loops import LoopBook
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace
from harness.target.probes.resources import PoolCount, Resource
from harness.target.probes.sites import UNKNOWN, SiteBook
from harness.target.probes.weak_tables import each_alive

GAUGE_S = 0.2
DEFAULT = "executor:default"
OTHER_DEFAULT = "executor:default:other"  # of loops beside the server's: other threads, another limit
UNNAMED = "ThreadPoolExecutor-"  # how the standard library begins the names of threads of unnamed pools


class ExecutorProbe:
    """Follows jobs while installed.  hidden: a class of pools that are not the chain's."""

    name = "executors"

    def __init__(
        self, *, hidden: type[ThreadPoolExecutor] | None = None, jobs: JobBook | None = None
    ) -> None:
        self._hidden = hidden
        self._jobs = jobs or JobBook()
        self._sites: SiteBook | None = None
        self._loops: LoopBook | None = None
        self._emit: Callable[[Gauge], None] | None = None
        self._patches = Patches()
        self._resources: weakref.WeakKeyDictionary[ThreadPoolExecutor, Resource] = weakref.WeakKeyDictionary()
        self._made_at: weakref.WeakKeyDictionary[ThreadPoolExecutor, int] = weakref.WeakKeyDictionary()

    def install(self, context: ProbeContext | None = None) -> None:
        """Without a context jobs are followed, and nothing is written."""
        if context is not None:
            self._jobs, self._sites, self._emit = context.jobs, context.sites, context.emit
            self._loops = context.loops
            self._jobs.sites = context.sites
            context.observer.every(GAUGE_S, self._gauge, name=self.name)
            self._patches.replace(ThreadPoolExecutor, "__init__", self._wrap_init)
        self._patches.replace(ThreadPoolExecutor, "submit", self._wrap_submit)

    def uninstall(self) -> None:
        self._patches.restore()

    def _wrap_init(self, original: Any) -> Any:
        made_at, sites = self._made_at, self._sites

        def initialise(pool: ThreadPoolExecutor, *args: Any, **kwargs: Any) -> None:
            original(pool, *args, **kwargs)
            if sites is not None:
                made_at[pool] = sites.of_stack(sys._getframe(1))

        return functools.wraps(original)(initialise)

    def _wrap_submit(self, original: Any) -> Any:
        jobs = self._jobs

        def submit(
            pool: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
        ) -> Future[Any]:
            trace, invocation = current_trace(), CURRENT.get()
            if trace is None and invocation is None:
                future: Future[Any] = original(pool, fn, *args, **kwargs)
                return future
            job = Job(self._resource_of(pool), trace, invocation)
            jobs.queue(job, fn, args)
            try:
                future = job.future = original(pool, jobs.run, job, fn, args, kwargs)
            except BaseException:  # the pool is shut down
                if job.span is not None:
                    job.span.drop()
                raise
            if invocation is not None and job.ended_s is None and not job.resource.is_hidden:
                invocation.jobs.add(job)
                if job.ended_s is not None:  # ended between the two lines above
                    invocation.jobs.discard(job)
            return future

        return functools.wraps(original)(submit)

    def _resource_of(self, pool: ThreadPoolExecutor) -> Resource:
        resource = self._resources.get(pool)
        if resource is None:
            made_at = self._made_at.get(pool, UNKNOWN)
            name = self._name(pool, made_at)
            hidden = self._hidden is not None and isinstance(pool, self._hidden)
            resource = self._resources[pool] = self._jobs.resources.named(
                name, site=made_at, capacity=pool._max_workers, is_hidden=hidden
            )
        return resource

    def _name(self, pool: ThreadPoolExecutor, made_at: int) -> str:
        """Pools alike share a name: those that one line makes again and again are one resource."""
        prefix = getattr(pool, "_thread_name_prefix", "") or UNNAMED
        loop = asyncio._get_running_loop()
        if prefix == "asyncio" or (loop is not None and getattr(loop, "_default_executor", None) is pool):
            return DEFAULT if loop is None or self._is_servers(loop) else OTHER_DEFAULT
        if not prefix.startswith(UNNAMED):
            return f"executor:{prefix}"
        return f"executor:{type(pool).__name__}" if made_at == UNKNOWN else f"executor:site{made_at}"

    def _is_servers(self, loop: asyncio.AbstractEventLoop) -> bool:
        server = self._loops.server if self._loops is not None else None
        return server is None or server is loop

    def _gauge(self, now_s: float) -> None:
        if self._emit is not None:
            for gauge in self._jobs.gauges(now_s, self._count()):
                self._emit(gauge)

    def _count(self) -> Iterator[PoolCount]:
        """Not by a pool's own count of idle threads: before 3.12 it counts busy ones as idle once work has queued."""
        for pool, resource in each_alive(self._resources):
            if not resource.is_hidden and not pool._shutdown:
                queued = pool._work_queue.qsize()
                in_use = len(pool._threads) if queued else 0  # jobs of nobody's keep threads busy, too
                yield PoolCount(resource, in_use, pool._max_workers, queued)

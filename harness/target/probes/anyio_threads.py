"""AnyIO's worker threads (plain ``def`` endpoints of Starlette and FastAPI, sync dependencies): 40 tokens by default.

Wraps the asyncio backend's ``run_sync_in_worker_thread``: the one place where a token and a thread are taken.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from harness.probe_records import Gauge
from harness.target.invocation import CURRENT
from harness.target.probes.jobs import Job
from harness.target.probes.probe import CannotInstall, Patches, ProbeContext
from harness.target.probes.recorder import current_trace
from harness.target.probes.resources import Resource

GAUGE_S = 0.2
DEFAULT = "anyio:default"


class AnyioThreadsProbe:
    """Waits for a token or a thread, runs, and the limiters in use."""

    name = "anyio_threads"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._resources: dict[int, tuple[Any, Resource]] = {}  # by limiter

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.imports.when_loaded("anyio._backends._asyncio", self._patch)
        context.observer.every(GAUGE_S, self._gauge, name=self.name)

    def uninstall(self) -> None:
        self._patches.restore()
        if self._context is not None:
            self._context.observer.stop_doing(self.name)

    def _patch(self, module: ModuleType) -> None:
        backend = getattr(module, "AsyncIOBackend", None)
        if backend is None:
            raise CannotInstall("this version of anyio has no AsyncIOBackend")
        self._patches.replace(backend, "run_sync_in_worker_thread", self._wrap)

    def _wrap(self, original: Any) -> Any:
        assert self._context is not None
        run, jobs, resource_of = original.__func__, self._context.jobs, self._resource_of

        async def run_sync_in_worker_thread(
            cls: Any, func: Any, args: Any, abandon_on_cancel: bool = False, limiter: Any = None
        ) -> Any:
            trace, invocation = current_trace(), CURRENT.get()
            if trace is None:
                return await run(cls, func, args, abandon_on_cancel=abandon_on_cancel, limiter=limiter)
            job = Job(
                resource_of(limiter or cls.current_default_thread_limiter(), limiter), trace, invocation
            )
            jobs.queue(job, func, args)
            if invocation is not None:
                invocation.jobs.add(job)
            try:
                return await run(
                    cls, jobs.run, (job, func, args, {}), abandon_on_cancel=abandon_on_cancel, limiter=limiter
                )
            finally:
                if job.started_s is None:  # cancelled before it got a thread
                    if job.span is not None:
                        job.span.close()
                    if invocation is not None:
                        invocation.jobs.discard(job)

        return classmethod(run_sync_in_worker_thread)

    def _resource_of(self, limiter: Any, own: Any) -> Resource:
        known = self._resources.get(id(limiter))
        if known is None:
            name = DEFAULT if own is None else f"anyio:limiter{len(self._resources)}"
            known = self._resources[id(limiter)] = (limiter, Resource(name, capacity=limiter.total_tokens))
        return known[1]

    def _gauge(self, now_s: float) -> None:
        for limiter, resource in list(self._resources.values()):
            statistics = limiter.statistics()
            assert self._context is not None
            self._context.emit(
                Gauge(
                    at_s=now_s,
                    resource=resource.name,
                    in_use=statistics.borrowed_tokens,
                    capacity=statistics.total_tokens,
                    waiting=statistics.tasks_waiting,
                    served=resource.served,
                    held_s=resource.held_s,
                )
            )

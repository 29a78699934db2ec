"""Thread pools: which invocation gave work to which, how long it waited for a thread, and which thread runs it.

Wraps ``ThreadPoolExecutor.submit``, the one public door to every pool of the standard library, LangChain's included.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec

from harness.target.invocation import CURRENT, STEPS, OpenInvocation

MAX_WAITS = 100_000  # kept until somebody drains them


class Wait(msgspec.Struct, frozen=True, array_like=True):
    """One piece of work that a pool has done."""

    trace_id: str
    pool: str  # thread name prefix, or the pool's class
    submitted_s: float
    started_s: float
    ended_s: float


class Job:
    """A piece of work in a pool, until it ends."""

    __slots__ = (
        "ended_s",
        "future",
        "invocation",
        "pool",
        "started_s",
        "submitted_by",
        "submitted_s",
        "thread_id",
    )

    def __init__(self, invocation: OpenInvocation, pool: ThreadPoolExecutor) -> None:
        self.invocation = invocation
        self.pool = pool
        self.submitted_by = threading.get_ident()
        self.submitted_s = time.monotonic()
        self.started_s: float | None = None
        self.ended_s: float | None = None
        self.thread_id: int | None = None
        self.future: Future[Any] | None = None

    @property
    def is_running(self) -> bool:
        return self.started_s is not None and self.ended_s is None

    @property
    def is_alive(self) -> bool:
        """Running, or queued and not cancelled."""
        dropped = self.future is not None and self.future.cancelled()
        return self.ended_s is None and not dropped


class ExecutorProbe:
    """Follows jobs while installed."""

    def __init__(self, *, ignored: type[ThreadPoolExecutor] | None = None) -> None:
        self.running: dict[int, Job] = {}  # by thread
        self._waits: deque[Wait] = deque(maxlen=MAX_WAITS)
        self._ignored = ignored
        self._original: Callable[..., Future[Any]] | None = None

    def install(self) -> None:
        original = self._original = ThreadPoolExecutor.submit
        probe = self

        def submit(
            self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
        ) -> Future[Any]:
            invocation = CURRENT.get()
            if invocation is None or (probe._ignored is not None and isinstance(self, probe._ignored)):
                return original(self, fn, *args, **kwargs)
            job = Job(invocation, self)
            future = original(self, probe._run, job, fn, args, kwargs)
            job.future = future
            if job.ended_s is None:
                invocation.jobs.add(job)
                if job.ended_s is not None:  # ended between the two lines above
                    invocation.jobs.discard(job)
            return future

        ThreadPoolExecutor.submit = submit  # type: ignore[method-assign, assignment]

    def uninstall(self) -> None:
        if self._original is not None:
            ThreadPoolExecutor.submit = self._original  # type: ignore[method-assign]
            self._original = None

    def drain(self) -> list[Wait]:
        """The work that has ended since the last call."""
        drained: list[Wait] = []
        while self._waits:
            drained.append(self._waits.popleft())
        return drained

    def _run(self, job: Job, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        thread_id = job.thread_id = threading.get_ident()
        outer = self.running.get(thread_id)
        token, steps_token = (
            CURRENT.set(job.invocation),
            STEPS.set(job.invocation.steps),
        )  # pools carry no context
        job.started_s = time.monotonic()
        self.running[thread_id] = job
        try:
            return fn(*args, **kwargs)
        finally:
            job.ended_s = time.monotonic()
            if outer is None:
                self.running.pop(thread_id, None)
            else:
                self.running[thread_id] = outer
            job.invocation.jobs.discard(job)
            STEPS.reset(steps_token)
            CURRENT.reset(token)
            name = getattr(job.pool, "_thread_name_prefix", "") or type(job.pool).__name__
            self._waits.append(
                Wait(job.invocation.trace_id, name, job.submitted_s, job.started_s, job.ended_s)
            )

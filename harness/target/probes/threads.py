"""Threads that user code starts for an invocation without a pool: what they do belongs to it, too."""

from __future__ import annotations

import functools
import sys
import threading
from typing import Any

from harness.target.invocation import CURRENT
from harness.target.probes.jobs import Job
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace
from harness.target.probes.resources import Resource
from harness.target.probes.sites import UNKNOWN

JOB = "_chainload_job"
STARTERS = ("/concurrent/futures/thread.py", "/multiprocessing/pool.py", "/multiprocessing/dummy/__init__.py")


class ThreadsProbe:
    """Wraps ``Thread.start`` and the private method with which a thread begins."""

    name = "threads"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._resource = Resource("thread")

    def install(self, context: ProbeContext) -> None:
        self._context = context
        self._patches.replace(threading.Thread, "start", self._wrap_start)
        self._patches.replace(threading.Thread, "_bootstrap_inner", self._wrap_begin)

    def uninstall(self) -> None:
        self._patches.restore()

    def _wrap_start(self, original: Any) -> Any:
        def start(thread: threading.Thread) -> None:
            trace, invocation = current_trace(), CURRENT.get()
            if trace is not None or invocation is not None:
                self._mark(thread, Job(self._resource, trace, invocation), sys._getframe(1))
            original(thread)

        return functools.wraps(original)(start)

    def _mark(self, thread: threading.Thread, job: Job, frame: Any) -> None:
        """Not the workers of pools: they outlive the invocation that happens to start them."""
        assert self._context is not None
        if self._context.sites.of_caller(frame)[0] == UNKNOWN or self._is_worker(frame):
            return
        self._context.jobs.queue(job, getattr(thread, "_target", None) or thread.run)
        if job.invocation is not None:
            job.invocation.jobs.add(job)
        setattr(thread, JOB, job)

    @staticmethod
    def _is_worker(frame: Any) -> bool:
        return str(frame.f_code.co_filename).endswith(STARTERS)

    def _wrap_begin(self, original: Any) -> Any:
        assert self._context is not None
        jobs = self._context.jobs

        def begin(thread: threading.Thread) -> Any:
            job = getattr(thread, JOB, None)
            return original(thread) if job is None else jobs.run(job, original, (thread,), {})

        return functools.wraps(original)(begin)

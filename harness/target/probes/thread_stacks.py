"""Where threads that work for an invocation are, some 25 times a second while any does.

Gives work in pools its line, and locks of ``threading`` (a C type that cannot be wrapped) and of files a wait: as long
as one thread is seen waiting at one place, it waited there, from halfway between the looks before to halfway between
those after.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from types import FrameType

from harness.probe_records import ThreadStack
from harness.target.live_frames import without_collection
from harness.target.probes.called import BLOCKING, CallNames
from harness.target.probes.jobs import Job
from harness.target.probes.lock_names import LockNames
from harness.target.probes.probe import ProbeContext
from harness.target.probes.sleeps import SleepKinds

PERIOD_S = 0.04
WRITE_S = 1.0
MAX_THREADS = 40  # looked at in one go
MOSTLY = 0.5  # of the time since the last look, on the CPU
LOCKS = {"acquire": "thread_lock", "flock": "file_lock", "lockf": "file_lock"}
KINDS = {**dict.fromkeys(LOCKS, "lock_wait"), "sleep": "sleep"}  # waits that no other probe sees in threads


class ThreadStacksProbe:
    """Samples the stacks of running jobs."""

    name = "thread_stacks"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._calls = CallNames()
        self._sleeps = SleepKinds()
        self._locks = LockNames()
        self._random = random.Random(0)
        self._counts: Counter[tuple[str, int, str]] = Counter()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.observer.every(PERIOD_S, self._look, name=self.name)
        context.observer.every(WRITE_S, self._write, name=f"{self.name}_write")

    def uninstall(self) -> None:
        if self._context is not None:
            self._context.observer.stop_doing(self.name)
            self._context.observer.stop_doing(f"{self.name}_write")

    def _look(self, now_s: float) -> None:
        assert self._context is not None
        running = list(self._context.jobs.running.items())
        if not running:
            return
        if len(running) > MAX_THREADS:
            running = self._random.sample(running, MAX_THREADS)
        with without_collection():
            frames = sys._current_frames()
            for thread_id, job in running:
                frame = frames.get(thread_id)
                if frame is not None and self._context.jobs.running.get(thread_id) is job:
                    self._note(job, thread_id, frame, now_s)

    def _note(self, job: Job, thread_id: int, frame: FrameType, now_s: float) -> None:
        assert self._context is not None
        looked_s = job.read_s or job.started_s or now_s
        computes = self._computes(job, thread_id, now_s)
        called = self._calls.of(frame)
        waits_in = called if called in BLOCKING and not computes else ""
        sites = self._context.sites
        user = sites.find_user_frame(frame)
        site = -1 if user is None else sites.of_frame(user)
        self._counts[job.resource.name, site, waits_in] += 1
        if user is not None:
            job.sampled[site] = job.sampled.get(site, 0) + 1
        halfway_s = (looked_s + now_s) / 2 if job.sampled_before else looked_s
        self._follow_wait(job, frame if frame is user else None, site, waits_in, halfway_s)
        job.sampled_before = True

    def _computes(self, job: Job, thread_id: int, now_s: float) -> bool:
        # The job was found running a moment ago with the interpreter held since, so the thread is alive: asking for
        # the clock of one that is not would crash.
        cpu_s = time.clock_gettime(time.pthread_getcpuclockid(thread_id))
        before_s, before_cpu_s = job.read_s, job.read_cpu_s
        job.read_s, job.read_cpu_s = now_s, cpu_s
        return before_s > 0 and cpu_s - before_cpu_s > MOSTLY * (now_s - before_s)

    def _follow_wait(
        self, job: Job, user: FrameType | None, site: int, waits_in: str, halfway_s: float
    ) -> None:
        """Begin, go on with or end a wait that only sampling can see."""
        kind = KINDS.get(waits_in) if user is not None else None
        if kind == "sleep" and user is not None:
            kind = self._sleeps.of(user.f_code, user.f_lineno)
        span = job.lock_span
        if span is not None and (span.site != site or span.kind != kind):
            span.close(end_s=max(halfway_s, span.start_s))
            span = job.lock_span = None
        if span is None and kind is not None and job.trace is not None and job.trace.is_live:
            resource = "sleep"
            if kind == "lock_wait" and user is not None:
                place = self._locks.place_of(user.f_code, user.f_lineno, site)
                resource = f"{LOCKS[waits_in]}:site{place}"
            context = (job.thread_id or 0) >> 8 & 0x3FFFFFFF
            job.lock_span = job.trace.begin(kind, site, resource, context=context, detail="sampled")
            job.lock_span.start_s = halfway_s

    def _write(self, now_s: float) -> None:
        assert self._context is not None
        counts, self._counts = self._counts, Counter()
        for (resource, site, waits_in), count in counts.items():
            self._context.emit(
                ThreadStack(at_s=now_s, resource=resource, site=site, count=count, waits_in=waits_in)
            )

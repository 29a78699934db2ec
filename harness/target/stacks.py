"""Where an invocation waits: from its task through everything it awaits, into the thread that works for it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterable
from typing import Any

from harness.records import Frame
from harness.target.await_chain import (
    Position,
    Walk,
    completes,
    context_of,
    tasks_awaited,
    tasks_nearby,
    thread_behind,
    walk_task,
)
from harness.target.frames import FrameReader, shorten
from harness.target.invocation import CURRENT, OpenInvocation
from harness.target.live_frames import without_collection
from harness.target.probes.jobs import Job

THREAD_STARTS = frozenset(
    {
        "Thread._bootstrap",
        "Thread._bootstrap_inner",
        "Thread.run",
        "_worker",
        "_WorkItem.run",
        "WorkerThread.run",
    }
    | {"JobBook.run", "OpenInvocation.in_thread", "RunnableApp._in_thread.<locals>.work"}
)
MAX_LINKS = 40  # from task to task and thread to thread


class StackTaker:
    """Takes the stacks of invocations that run on one loop.  ``bind`` it to that loop first."""

    def __init__(self, frames: FrameReader) -> None:
        self.frames = frames
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread_id = 0

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called on the loop's own thread."""
        self._loop = loop
        self._loop_thread_id = threading.get_ident()

    def take(self, invocation: OpenInvocation, *, blocked: bool = False) -> list[Frame]:
        """Outermost first; empty when it runs nowhere.  From any thread.

        blocked: the loop does not run, so that the stack of its thread belongs to the task it is stuck in.
        """
        trail = _Trail(self, invocation, blocked=blocked)
        try:
            with without_collection():
                if invocation.thread_id is not None:
                    trail.follow_thread(invocation.thread_id)
                elif invocation.task is not None:
                    trail.follow_task(invocation.task)
        except (RuntimeError, AttributeError, ValueError):  # it ran on while we looked: keep what was found
            pass
        return shorten(trail.frames)

    def blocking_invocation(self) -> OpenInvocation | None:
        """Whose task the loop is executing now; None when it is nobody's, or the loop waits."""
        running = self.running_task()
        return None if running is None else invocation_of(running)

    def running_task(self) -> asyncio.Task[Any] | None:
        return None if self._loop is None else asyncio.current_task(self._loop)

    def tasks_of(self, invocation: OpenInvocation) -> list[asyncio.Task[Any]]:
        """Every task that was started on its behalf and has not ended."""
        tasks = asyncio.all_tasks(self._loop) if self._loop is not None else set()
        return [task for task in tasks if invocation_of(task) is invocation]

    @property
    def loop_thread_id(self) -> int:
        return self._loop_thread_id


def invocation_of(task: asyncio.Task[Any]) -> OpenInvocation | None:
    """The invocation in whose context a task runs."""
    context = context_of(task)
    return None if context is None else context.get(CURRENT)


class _Trail:
    """One walk from an invocation's task or thread inwards."""

    def __init__(self, taker: StackTaker, invocation: OpenInvocation, *, blocked: bool) -> None:
        self.frames: list[Frame] = []
        self._taker = taker
        self._reader = taker.frames
        self._invocation = invocation
        self._running = taker.running_task() if blocked else None
        self._seen: set[int] = set()

    def follow_task(self, task: asyncio.Task[Any]) -> None:
        """Add the task's frames and those of what it waits for."""
        for _ in range(MAX_LINKS):
            self._seen.add(id(task))
            if task is self._running:
                self._add_loop_thread()
                return
            walk = walk_task(task)
            self._add(walk.positions)
            following = self._choose(self._tasks_behind(walk))
            if following is None and self._follow_job(walk):
                return
            following = following or self._choose(self._strays(walk))
            if following is None:
                return
            task = following

    def follow_thread(self, thread_id: int) -> None:
        """Add the thread's frames, and those of the thread or task that it waits for."""
        innermost = sys._current_frames().get(thread_id)
        frames = [frame for frame in self._reader.of_thread(innermost) if not _is_thread_start(frame)]
        self.frames += frames
        self._seen.add(thread_id)
        jobs = [
            job for job in self._jobs() if job.submitted_by == thread_id and job.thread_id not in self._seen
        ]
        if jobs and jobs[0].thread_id is not None:
            self.follow_thread(jobs[0].thread_id)
        elif frames and frames[-1].file.endswith(("/threading.py", "/selectors.py", "/futures/_base.py")):
            task = self._choose(self._taker.tasks_of(self._invocation))
            if task is not None and task is not self._invocation.task:
                self.follow_task(task)

    def _add(self, positions: Iterable[Position]) -> None:
        self.frames += [self._reader.read(*position) for position in positions]

    def _add_loop_thread(self) -> None:
        frames = self._reader.of_thread(sys._current_frames().get(self._taker.loop_thread_id))
        own = [index for index, frame in enumerate(frames) if frame.file.endswith("/asyncio/events.py")]
        self.frames += frames[own[-1] + 1 :] if own else frames

    def _choose(self, options: list[asyncio.Task[Any]]) -> asyncio.Task[Any] | None:
        """Of several tasks the one that is deepest in the user's code: what hangs seldom hangs in a library."""
        fresh = [task for task in options if id(task) not in self._seen]
        if len(fresh) <= 1:
            return fresh[0] if fresh else None
        return max(fresh, key=self._user_depth)

    def _user_depth(self, task: asyncio.Task[Any]) -> int:
        if task is self._running:
            return sys.maxsize
        deepest = 0
        for _ in range(MAX_LINKS):
            walk = walk_task(task)
            deepest += sum(self._reader.is_user(code.co_filename) for code, _ in walk.positions)
            behind = [one for one in self._tasks_behind(walk) if one is not task]
            if not behind:
                break
            task = behind[0]
        return deepest

    def _tasks_behind(self, walk: Walk) -> list[asyncio.Task[Any]]:
        awaited = tasks_awaited(walk)
        if awaited or thread_behind(walk) is not None:
            return awaited
        return [task for task in tasks_nearby(walk) if invocation_of(task) is self._invocation]

    def _strays(self, walk: Walk) -> list[asyncio.Task[Any]]:
        """Tasks of the invocation that a library waits for in its own way (LangGraph chains futures).

        Not when the user's own code waits: then what it waits for need not be a task at all.
        """
        last = walk.positions[-1][0].co_filename if walk.positions else ""
        if any(frame.is_user for frame in self.frames) and not last.endswith(
            ("/asyncio/tasks.py", "/taskgroups.py")
        ):
            return []
        return self._taker.tasks_of(self._invocation)

    def _follow_job(self, walk: Walk) -> bool:
        """Into the thread that will complete what the last task waits for; False when there is none."""
        for job in self._jobs():
            if job.future is not None and job.thread_id is not None and completes(job.future, walk.waits_for):
                self.follow_thread(job.thread_id)
                return True
        thread_id = thread_behind(walk)
        if thread_id is None or walk.waits_for is None:
            return False
        self.follow_thread(thread_id)
        return True

    def _jobs(self) -> list[Job]:
        """Work of this invocation that threads are doing, the longest first."""
        running = [job for job in self._invocation.jobs.copy() if job.is_running]
        return sorted(running, key=lambda job: job.submitted_s)


def _is_thread_start(frame: Frame) -> bool:
    """Frames with which every thread of a pool begins."""
    return frame.function in THREAD_STARTS

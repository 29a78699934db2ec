"""The invocations that are running in the target now, and the book in which each is written down once.

Every task and thread of an invocation finds it in ``CURRENT``.  Knows nothing of HTTP or of chains.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, TypeAlias

from harness.records import Frame, Invocation, InvocationOutcome, StepOpen
from harness.run_directory import JsonlWriter
from harness.tracing import SEQUENCE_HEADER, STEP_HEADER, USER_HEADER, new_trace_id, read_trace_id

if TYPE_CHECKING:
    from harness.target.probes.jobs import Job
    from harness.target.probes.recorder import OpenTrace


Answer: TypeAlias = Callable[[int, str], Coroutine[None, None, None]]


class StepLog(Protocol):
    """What names the steps an invocation has open."""

    def open_steps(self) -> list[StepOpen]: ...


class OpenInvocation:
    """One request while it runs."""

    __slots__ = (
        "answer",
        "answered_s",
        "canaries",
        "jobs",
        "mode",
        "provider_calls",
        "recorded",
        "sequence",
        "start_s",
        "step",
        "steps",
        "task",
        "thread_id",
        "trace",
        "trace_id",
        "user",
    )

    def __init__(self, *, trace_id: str, step: int | None, user: int, sequence: int, mode: str) -> None:
        self.trace_id = trace_id
        self.step = step
        self.user = user
        self.sequence = sequence
        self.mode = mode
        self.start_s = time.monotonic()
        self.task: asyncio.Task[None] | None = None  # the one that runs the chain
        self.thread_id: int | None = None  # mode invoke: the thread that runs it
        self.jobs: set[Job] = set()  # work it has given to thread pools and that has not ended
        self.steps: StepLog | None = None
        self.provider_calls = 0
        self.canaries: list[str] = []
        self.answer: Answer | None = None  # fails the request at once
        self.answered_s: float | None = None  # apps: work may go on after the answer
        self.recorded = False
        self.trace: OpenTrace | None = None  # what the probes record of it

    @property
    def is_running(self) -> bool:
        """Whether a task or thread still works for it, its answer sent or not."""
        has_task = self.task is not None and not self.task.done()
        return has_task or self.thread_id is not None or any(job.is_alive for job in self.jobs.copy())

    @property
    def holds_thread(self) -> bool:
        return self.thread_id is not None or any(job.is_running for job in self.jobs.copy())

    @contextlib.contextmanager
    def in_thread(self) -> Iterator[None]:
        """Mode invoke: the calling thread runs the chain."""
        self.thread_id = threading.get_ident()
        try:
            yield
        finally:
            self.thread_id = None


def identify(headers: Mapping[bytes, bytes], *, mode: str) -> OpenInvocation:
    """The invocation that a request's headers name; without them a new one, nobody's."""
    return OpenInvocation(
        trace_id=read_trace_id(headers.get(b"traceparent", b"").decode("latin-1")) or new_trace_id(),
        step=_number(headers, STEP_HEADER),
        user=_number(headers, USER_HEADER) or 0,
        sequence=_number(headers, SEQUENCE_HEADER) or 0,
        mode=mode,
    )


CURRENT: ContextVar[OpenInvocation | None] = ContextVar("chainload_invocation", default=None)
# LangChain looks here for a handler of ours, see probes.run_tree
STEPS: ContextVar[StepLog | None] = ContextVar("chainload_steps", default=None)


class InvocationBook:
    """Opens invocations and records how each ended, exactly once, from whichever thread knows first."""

    def __init__(self, writer: JsonlWriter, *, mode: str) -> None:
        self.requests = 0  # invocations ever opened
        self._writer = writer
        self._mode = mode
        self._lock = threading.Lock()
        self._open: dict[int, OpenInvocation] = {}  # by id(), oldest first; trace ids may repeat
        self._lingering: list[OpenInvocation] = []

    def open(self, headers: Mapping[bytes, bytes], *, mode: str | None = None) -> OpenInvocation:
        """A new invocation, as the request's headers identify it; without them it is nobody's."""
        invocation = identify(headers, mode=mode or self._mode)
        with self._lock:
            self.requests += 1
            self._open[id(invocation)] = invocation
        return invocation

    def close(
        self,
        invocation: OpenInvocation,
        outcome: InvocationOutcome,
        *,
        error: str | None = None,
        error_stack: list[Frame] | None = None,
        stack: list[Frame] | None = None,
        stack_taken_s: float | None = None,
    ) -> bool:
        """Write the invocation down.  False, and nothing is written, when somebody already has."""
        with self._lock:
            if invocation.recorded:
                return False
            invocation.recorded = True
            self._open.pop(id(invocation), None)
            if outcome in ("hung", "cancelled"):
                self._lingering.append(invocation)
        cut_short = invocation.steps is not None and outcome in ("hung", "cancelled")
        self._writer.write(
            Invocation(
                trace_id=invocation.trace_id,
                step=invocation.step,
                user=invocation.user,
                sequence=invocation.sequence,
                mode=invocation.mode,
                start_s=invocation.start_s,
                end_s=time.monotonic(),
                outcome=outcome,
                error=error,
                error_stack=error_stack or [],
                open_steps=invocation.steps.open_steps() if cut_short and invocation.steps else [],
                stack=stack or [],
                stack_taken_s=stack_taken_s,
                canaries_seen=invocation.canaries,
                answered_s=invocation.answered_s,
            )
        )
        return True

    def in_flight(self) -> list[OpenInvocation]:
        """Oldest first."""
        with self._lock:
            return list(self._open.values())

    def oldest_start_s(self) -> float | None:
        with self._lock:
            return next((invocation.start_s for invocation in self._open.values()), None)

    def lingering(self) -> list[OpenInvocation]:
        """Cut short and answered, yet a task or thread still works for them."""
        with self._lock:
            self._lingering = [invocation for invocation in self._lingering if invocation.is_running]
            return list(self._lingering)

    def flush(self) -> None:
        self._writer.flush()


def _number(headers: Mapping[bytes, bytes], name: str) -> int | None:
    try:
        return int(headers[name.encode()])
    except (KeyError, ValueError):  # another client than ours
        return None

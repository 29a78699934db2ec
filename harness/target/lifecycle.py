"""Runs each invocation in a task of its own, records how it ended, and cuts short those that do not end.

Whatever a chain raises, SystemExit included, ends its invocation and nothing else.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Literal

from harness.redaction import Redactor
from harness.target.http import Exchange
from harness.target.invocation import CURRENT, InvocationBook, OpenInvocation
from harness.target.probes.recorder import Recorder
from harness.target.stacks import StackTaker

MAX_LOGGED_ERRORS = 50  # kinds of error whose traceback goes to the log
THREAD_STAYS = "; its thread cannot be stopped and stays occupied"


class Lifecycle:
    """Starts invocations and ends them.  Used on the server's loop, but for ``record_cut``."""

    def __init__(self, book: InvocationBook, stacks: StackTaker, recorder: Recorder) -> None:
        self._book = book
        self._stacks = stacks
        self._recorder = recorder
        self._redact = Redactor()
        self._tasks: set[asyncio.Task[None]] = set()  # strong: the loop's own references are weak
        self._logged: set[str] = set()

    def start(
        self, invocation: OpenInvocation, exchange: Exchange, work: Callable[[], Awaitable[bytes]]
    ) -> asyncio.Task[None]:
        """Run ``work`` as the invocation's and answer with what it returns."""
        # A context of its own: the caller's task only waits, and is not the invocation's.
        context = contextvars.copy_context()
        context.run(self._enter, invocation)
        task = asyncio.get_running_loop().create_task(self._run(invocation, exchange, work), context=context)
        invocation.task = task
        invocation.answer = exchange.fail
        self._keep(task)
        return task

    def _enter(self, invocation: OpenInvocation) -> None:
        invocation.trace = self._recorder.begin(invocation.trace_id, invocation.step, owner=invocation)
        invocation.steps = invocation.trace.steps
        CURRENT.set(invocation)

    def cut(self, invocation: OpenInvocation, outcome: Literal["hung", "cancelled"], reason: str) -> None:
        """Note where it waits, cancel it, and answer at once."""
        self.record_cut(invocation, outcome, reason)
        if invocation.task is not None:
            invocation.task.cancel()
        if invocation.answer is not None:
            self._keep(asyncio.ensure_future(invocation.answer(504, reason)))

    def record_cut(
        self,
        invocation: OpenInvocation,
        outcome: Literal["hung", "cancelled"],
        reason: str,
        *,
        blocked: bool = False,
    ) -> None:
        """Take the stack and write the invocation down, unless that is done.  From any thread.

        blocked: the loop does not run; its thread's stack may be the invocation's own.
        """
        if invocation.recorded:
            return
        stack = self._stacks.take(invocation, blocked=blocked)
        stuck = THREAD_STAYS if invocation.holds_thread else ""
        self._book.close(
            invocation, outcome, error=reason + stuck, stack=stack, stack_taken_s=time.monotonic()
        )
        self._end_trace(invocation, is_cut=True)

    async def _run(
        self, invocation: OpenInvocation, exchange: Exchange, work: Callable[[], Awaitable[bytes]]
    ) -> None:
        try:
            answer = await work()
        except asyncio.CancelledError as error:
            if not invocation.recorded:  # not our doing: something inside the chain was cancelled
                await self._fail(invocation, exchange, error)
        except BaseException as error:  # the edge: a chain that raises SystemExit must not end the host
            await self._fail(invocation, exchange, error)
        else:
            if self._book.close(invocation, "ok"):
                self._end_trace(invocation)
                await exchange.complete(answer)

    async def _fail(self, invocation: OpenInvocation, exchange: Exchange, error: BaseException) -> None:
        words = self._redact(first_line(error))
        if not self._book.close(
            invocation, "error", error=words, error_stack=self._stacks.frames.of_error(error)
        ):
            return
        self._end_trace(invocation, error=error)
        self._log(words, error)
        await exchange.fail(500, words)

    def _end_trace(
        self, invocation: OpenInvocation, *, error: BaseException | None = None, is_cut: bool = False
    ) -> None:
        if invocation.trace is not None:
            invocation.trace.error = error
            self._recorder.end(invocation.trace, is_cut=is_cut)

    def _log(self, words: str, error: BaseException) -> None:
        if words not in self._logged and len(self._logged) < MAX_LOGGED_ERRORS:
            self._logged.add(words)
            sys.stderr.write("".join(traceback.format_exception(error)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # a send to a client that has gone: seen, so that the loop does not log it


def first_line(error: BaseException) -> str:
    """``TypeOfError: first line of its message``."""
    text = error.args[0] if isinstance(error, KeyError) and error.args else error  # str(KeyError) is a repr
    message = next(iter(str(text).strip().splitlines()), "")
    return f"{type(error).__name__}: {message}"[:500] if message else type(error).__name__

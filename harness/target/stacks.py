"""Where an invocation waits: from its task through everything it awaits, into the thread that works for it."""

from __future__ import annotations

import asyncio
import sys
import threading

from harness.records import Frame
from harness.target.frames import FrameReader, shorten
from harness.target.invocation import OpenInvocation


class StackTaker:
    """Takes the stacks of invocations that run on one loop.  ``bind`` it to that loop first."""

    def __init__(self, frames: FrameReader) -> None:
        self.frames = frames
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread_id = 0

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._loop_thread_id = threading.get_ident()

    def prepare(self, invocation: OpenInvocation) -> None:
        """Called when it starts."""

    def take(self, invocation: OpenInvocation, *, blocked: bool = False) -> list[Frame]:
        """Outermost first; empty when it runs nowhere."""
        thread_id = invocation.thread_id
        if thread_id is None and blocked:
            thread_id = self._loop_thread_id
        if thread_id is not None:
            return shorten(self.frames.of_thread(sys._current_frames().get(thread_id)))
        return []

"""What the target has to tell about itself: target_events.jsonl."""

from __future__ import annotations

import sys
import time

import msgspec

from harness.records import Event, Frame
from harness.run_directory import JsonlWriter
from harness.target.invocation import CURRENT
from harness.target.stacks import StackTaker


class Notes:
    """Writes events; each reaches the disk at once, for they are few."""

    def __init__(self, writer: JsonlWriter, stacks: StackTaker) -> None:
        self._writer = writer
        self._stacks = stacks

    def notice(self, message: str) -> None:
        """Something the user should know."""
        self._write(Event(at_s=time.monotonic(), kind="notice", message=message))

    def egress_refused(self, host: str, port: int | None) -> None:
        """The chain tried to reach another host.  Called in the thread that tried."""
        invocation = CURRENT.get()
        place = host if port is None else f"{host}:{port}"
        stack = msgspec.to_builtins(self._user_frames())
        self._write(
            Event(
                at_s=time.monotonic(),
                kind="egress_refused",
                step=invocation.step if invocation else None,
                message=f"the chain tried to reach {place}; it may call only the mock provider and this machine "
                f"unless you allow it with --allow-host {host}",
                data={"host": host, "port": port, "stack": stack},
            )
        )

    def _user_frames(self) -> list[Frame]:
        """Of this thread; when there are none (look-ups run in a pool's thread), of the invocation it works for."""
        frames = self._stacks.frames.of_thread(sys._getframe())
        invocation = CURRENT.get()
        if invocation is not None and not any(frame.is_user for frame in frames):
            frames = self._stacks.take(invocation)
        return [frame for frame in frames if frame.is_user]

    def _write(self, event: Event) -> None:
        self._writer.write(event)
        self._writer.flush()

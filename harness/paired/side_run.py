"""The run of one side, which does one slice when it is told to and waits in between.  Plain parent: no gevent here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.children import Child
from harness.errors import ChainloadError, ExitCode, LoadError, TargetError
from harness.progress import Tail
from harness.records import Event
from harness.run import RunRequest, start_load
from harness.run_directory import RunDirectory, write_whole
from harness.step_orders import ORDERS_FILE, StepOrder

POLL_S = 0.02
START_LIMIT_S = 300.0
STOP_LIMIT_S = 5.0
SLICE_MARGIN_S = 240.0  # beyond hold and drain: users to start, a target that was stuck to start anew


class SideRun:
    """One load process with its own provider, target and run directory."""

    def __init__(self, name: str, request: RunRequest, directory: Path, *, python_path: str) -> None:
        """Starts it; ``wait_until_ready`` says whether it came up."""
        self.name = name
        self.directory = RunDirectory.create(directory)
        write_whole(self.directory.file("request.json"), msgspec.json.encode(request.overrides))
        self._orders = self.directory.file(ORDERS_FILE)
        self._orders.touch()
        self._events = Tail(self.directory.file("events.jsonl"), Event)
        self._drained = -1
        self._ordered = 0
        self._failure: Event | None = None
        environment = os.environ | ({"PYTHONPATH": python_path} if python_path else {})
        self._load: Child = start_load(request, self.directory, environment=environment)

    def wait_until_ready(self) -> None:
        """Raises what the run says when target or provider do not start."""
        self._load.wait_until_ready(START_LIMIT_S, error=TargetError)

    def run_slice(self, order: StepOrder) -> int:
        """Returns the index of its step when it is drained.  Raises ChainloadError when the run dies."""
        step, self._ordered = self._ordered, self._ordered + 1
        with self._orders.open("ab") as file:
            file.write(msgspec.json.encode(order) + b"\n")
        limit_s = order.hold_s + self._drain_limit_s() + SLICE_MARGIN_S
        self._wait(lambda: self._drained >= step, limit_s)
        return step

    def interrupt(self) -> None:
        """Have it record what it has and leave."""
        self._load.interrupt()

    def stop(self) -> None:
        """End it, with all it has started.  What was measured stays."""
        self._load.wait(STOP_LIMIT_S)
        self._load.stop()

    def _drain_limit_s(self) -> float:
        return self.directory.read_info().settings.drain_s

    def _wait(self, is_done: Callable[[], bool], limit_s: float) -> None:
        until_s = time.monotonic() + limit_s
        while not is_done():
            ended = self._load.exit_code is not None
            self._read_events()
            if self._failure is not None:
                raise _error_of(self._failure)
            if ended and not is_done():
                raise LoadError(
                    f"the load process of {self.name} ended early, with code {self._load.exit_code}"
                    f"{self._load.last_words()}"
                )
            if time.monotonic() > until_s:
                raise LoadError(f"a slice of {self.name} was not over after {limit_s:.0f} s")
            time.sleep(POLL_S)

    def _read_events(self) -> None:
        for event in self._events.read():
            if event.kind == "step_drained" and event.step is not None:
                self._drained = event.step
            elif event.kind == "failed":
                self._failure = event


def _error_of(event: Event) -> ChainloadError:
    kind = TargetError if event.data.get("part") == "target" else LoadError
    error = kind(event.message or "the run failed")
    error.exit_code = ExitCode(event.data.get("exit_code", error.exit_code))
    return error

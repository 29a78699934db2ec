"""Steps ordered one at a time by whoever started the run, through a file in its directory.  Runs under gevent."""

from __future__ import annotations

from pathlib import Path

import gevent
import msgspec

from harness.load.step_source import StepSource
from harness.run_directory import RunDirectory
from harness.step_orders import ORDERS_FILE, StepOrder

POLL_S = 0.02


def make_source(directory: RunDirectory, *, otherwise: StepSource) -> StepSource:
    """The orders of whoever started the run, when it has left a file for them."""
    path = directory.file(ORDERS_FILE)
    return OrderedSteps(path) if path.exists() else otherwise


class OrderedSteps:
    """A line a step; the line ``null`` ends the run."""

    later_count = 0  # what comes is not known here
    later_s = 0.0

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._decoder: msgspec.json.Decoder[StepOrder | None] = msgspec.json.Decoder(StepOrder | None)

    def next_order(self) -> StepOrder | None:
        while True:
            line = self._read_line()
            if line is not None:
                return self._decoder.decode(line)
            gevent.sleep(POLL_S)

    def _read_line(self) -> bytes | None:
        """None while the next one is not there, or not yet whole."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            line = file.readline()
        if not line.endswith(b"\n"):
            return None
        self._offset += len(line)
        return line

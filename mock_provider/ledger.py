"""Writes attempts down as they end, and keeps the latest to be asked for.  Bounded: what is written is not kept.

A full disk must not break the run that is being measured: what could not be written is counted.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from pathlib import Path

import msgspec

from mock_provider.records import Attempt

KEPT = 1000
BATCH = 200  # attempts written at once: few enough to be in the processor's cache still


class Ledger:
    """Lines gather in memory until `flush`, which the server calls a few times a second, or until there are many."""

    def __init__(self, path: Path | None, *, kept: int = KEPT) -> None:
        self.recent: deque[Attempt] = deque(maxlen=kept)
        self.lost_count = 0
        self.error: OSError | None = None
        self._lines: list[bytes] = []
        self._waiting = 0  # attempts in them
        self._encoder = msgspec.json.Encoder()
        self._file = (
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if path is not None else None
        )

    def write(self, attempts: list[Attempt]) -> None:
        self.recent.extend(attempts)
        if self._file is None:
            return
        self._lines.append(self._encoder.encode_lines(attempts))
        self._waiting += len(attempts)
        if self._waiting >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Bring everything to the file."""
        if self._file is None or not self._lines:
            return
        lines, self._lines = self._lines, []
        count, self._waiting = self._waiting, 0
        try:
            view = memoryview(b"".join(lines))
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            self.error = self.error or error
            self.lost_count += count

    def close(self) -> None:
        self.flush()
        if self._file is not None:
            with contextlib.suppress(OSError):  # a full disk may speak up here again
                os.close(self._file)
            self._file = None

"""The run directory: the only thing the stages of a run share.  Core: knows names and formats, starts nothing.

Streams are JSON lines, appended and flushed in batches, so a run that dies leaves files that still read; a torn last
line is skipped.  Single files are written whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from harness.errors import RunDirectoryError
from harness.redaction import Redactor
from harness.settings import RunSettings

T = TypeVar("T")
FORMAT_VERSION = 1
FLUSH_S = 0.5


class RunInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """run.json: what was asked, of which versions, on which machine."""

    format: int = FORMAT_VERSION
    settings: RunSettings
    started_wall: str  # ISO 8601, UTC
    started_s: float  # the same moment on CLOCK_MONOTONIC
    environment: dict[str, str | int | float | None] = {}


class RunDirectory:
    """Names and opens the files of one run.

    run.json           RunInfo
    mock.toml          the provider's effective plan
    events.jsonl       Event              written by the load process that owns the run
    samples.jsonl      Sample             same
    generator.jsonl    GeneratorHealth    same
    progress.jsonl     Progress           same
    invocations.jsonl  Invocation         written by the target
    target_events.jsonl Event             same
    probes.jsonl       what the probes measured, by the target
    provider.jsonl     mock_provider.records.Attempt, written by the provider
    *.log              what each process printed, secrets removed
    verdict.json report.html summary.md   written by the report
    gate.json          what a gate said of this run
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)

    def file(self, name: str) -> Path:
        """The path of a file in this directory."""
        return self.path / name

    @classmethod
    def create(cls, path: Path) -> RunDirectory:
        """Make the directory.  Raises RunDirectoryError when it cannot be written, or holds a run already."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path):
                pass
        except OSError as error:
            raise RunDirectoryError(
                f"the run directory {path} cannot be written ({error.strerror}); choose another with --out"
            ) from error
        if (path / "run.json").exists():
            raise RunDirectoryError(
                f"{path} already holds a run; choose another directory with --out, or remove it"
            )
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunDirectory:
        """An existing run.  Raises RunDirectoryError when there is none."""
        if not (path / "run.json").is_file():
            seen = "has no run.json" if path.is_dir() else "does not exist"
            raise RunDirectoryError(f"{path} {seen}; give the directory of a run, e.g. runs/latest")
        return cls(path)

    def write_info(self, info: RunInfo) -> None:
        redact = Redactor()
        text = msgspec.json.format(msgspec.json.encode(info), indent=2).decode()
        write_whole(self.file("run.json"), redact(text))

    def read_info(self) -> RunInfo:
        """run.json.  Raises RunDirectoryError when it is junk or of a later format."""
        try:
            return msgspec.json.decode(self.file("run.json").read_bytes(), type=RunInfo)
        except (OSError, msgspec.DecodeError) as error:
            raise RunDirectoryError(f"{self.file('run.json')} cannot be read: {error}") from error


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: a reader sees the old content or the new, never a part."""
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class JsonlWriter:
    """Appends records to a file, from any thread; secrets are removed on the way.

    A full disk must not break the run that is being measured: the first error is kept in ``error`` and what comes
    after is counted in ``lost_count``.
    """

    def __init__(self, path: Path, *, flush_s: float = FLUSH_S) -> None:
        self.error: OSError | None = None
        self.lost_count = 0
        self._encoder = msgspec.json.Encoder(enc_hook=str)
        self._redact = Redactor()
        self._lock = threading.Lock()
        self._lines: list[bytes] = []
        self._flush_s = flush_s
        self._flushed_s = time.monotonic()
        self._file = path.open("ab", buffering=0)

    def write(self, record: Any, *, redact: bool = True) -> None:
        """Append one record; it reaches the disk within ``flush_s`` of the next write, or at ``flush``.

        redact: False for records that cannot hold a secret, where looking for one costs too much.
        """
        encoded = self._encoder.encode(record)
        line = (self._redact(encoded.decode()).encode() if redact else encoded) + b"\n"
        with self._lock:
            self._lines.append(line)
            if time.monotonic() - self._flushed_s >= self._flush_s:
                self._flush()

    def flush(self) -> None:
        with self._lock:
            self._flush()

    def close(self) -> None:
        with self._lock:
            self._flush()
            self._file.close()

    def _flush(self) -> None:
        self._flushed_s = time.monotonic()
        if not self._lines or self._file.closed:
            return
        data, count, self._lines = b"".join(self._lines), len(self._lines), []
        try:
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self.error = self.error or error
            self.lost_count += count


def read_jsonl(path: Path, record_type: type[T]) -> Iterator[T]:
    """The records of a stream; nothing when there is no such file.

    A torn line (the process died while writing) is skipped; unknown fields of later versions are ignored.
    """
    decoder = msgspec.json.Decoder(record_type)
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            with contextlib.suppress(msgspec.DecodeError):  # torn by a crash or a full disk
                yield decoder.decode(line)

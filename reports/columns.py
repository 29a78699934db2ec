"""JSON lines into numpy columns, a chunk at a time, so that a million records need seconds and little memory.

Pure but for reading the file it is given; knows no meaning of any column.  Missing numbers are NaN in float columns
and -1 in integer columns; words become codes into a tuple of labels.
"""

from __future__ import annotations

import contextlib
import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Codes = NDArray[np.int32]
Ids = NDArray[np.bytes_]
Words = NDArray[np.object_]  # tuples of words

CHUNK_BYTES = 8 << 20
NO_LABEL = -1


@dataclass(frozen=True, slots=True)
class Columns:
    """Arrays of one length, one a field; ``take`` picks the same rows of each."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Self:
        """The rows of a mask, an index array or a slice."""
        picked = {
            field.name: value[rows] if isinstance(value, np.ndarray) else value
            for field in fields(self)
            for value in (getattr(self, field.name),)
        }
        return type(self)(**picked)


class Labels:
    """Gives each distinct word a code, in order of first appearance."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self._codes = {word: code for code, word in enumerate(known)}

    def code(self, word: str | None) -> int:
        return NO_LABEL if word is None else self._codes.setdefault(word, len(self._codes))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self._codes)


Cell = Callable[[Any], Any]


def read_columns(
    path: Path, record_type: type[Any], columns: dict[str, tuple[Cell, str]]
) -> dict[str, NDArray[Any]]:
    """One array a column: ``columns`` maps its name to how a record gives the cell, and the numpy type."""
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in columns}
    for batch in read_batches(path, record_type):
        for name, (cell, kind) in columns.items():
            parts[name].append(np.fromiter(map(cell, batch), kind, len(batch)))
    return {
        name: np.concatenate(arrays) if arrays else np.empty(0, columns[name][1])
        for name, arrays in parts.items()
    }


def read_batches(path: Path, record_type: type[T]) -> Iterator[list[T]]:
    """The records of a stream in lists; nothing when there is no such file.  Torn and foreign lines are skipped."""
    decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(record_type)
    if not path.is_file():
        return
    with path.open("rb") as file:
        rest = b""
        while chunk := file.read(CHUNK_BYTES):
            whole, newline, rest = (rest + chunk).rpartition(b"\n")
            if newline:
                yield _decode(whole, decoder)
        yield _decode(rest, decoder)


def _decode(lines: bytes, decoder: msgspec.json.Decoder[T]) -> list[T]:
    try:
        return decoder.decode_lines(lines)
    except msgspec.DecodeError:  # one bad line spoils the fast way: go line by line
        return list(_decode_singly(lines, decoder))


def _decode_singly(lines: bytes, decoder: msgspec.json.Decoder[T]) -> Iterator[T]:
    for line in lines.splitlines():
        with contextlib.suppress(msgspec.DecodeError):  # torn by a crash or a full disk
            yield decoder.decode(line)


def number_cell(name: str, kind: str) -> tuple[Cell, str]:
    """A column of numbers that are never missing: the fast one."""
    return operator.attrgetter(name), kind


def float_cell(name: str) -> tuple[Cell, str]:
    """A column of floats; None becomes NaN."""

    def cell(record: Any) -> float:
        value = getattr(record, name)
        return np.nan if value is None else value

    return cell, "f8"


def integer_cell(name: str) -> tuple[Cell, str]:
    """A column of integers that are not negative; None becomes -1."""

    def cell(record: Any) -> int:
        value = getattr(record, name)
        return -1 if value is None else value

    return cell, "i8"


def label_cell(name: str, labels: Labels) -> tuple[Cell, str]:
    """A column of codes into ``labels``; None becomes NO_LABEL."""

    def cell(record: Any) -> int:
        return labels.code(getattr(record, name))

    return cell, "i4"


def id_cell(name: str) -> tuple[Cell, str]:
    """A column of trace ids, 32 ASCII characters; None becomes empty."""

    def cell(record: Any) -> bytes:
        return (getattr(record, name) or "").encode("ascii", "replace")

    return cell, "S32"


def words_cell(name: str) -> tuple[Cell, str]:
    """A column of tuples of words; the same word is kept once."""

    def cell(record: Any) -> tuple[str, ...]:
        return tuple(map(sys.intern, getattr(record, name)))

    return cell, "O"

"""JSON lines into numpy columns, a chunk at a time, so that a million records need seconds and little memory.

Pure but for reading the file it is given; knows no meaning of any column.  Missing numbers are NaN in float columns
and -1 in integer columns; words become codes into a tuple of labels.
"""

from __future__ import annotations

import contextlib
import gc
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

CHUNK_BYTES = 2 << 20  # of which the records still fit the cache
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
        self._codes = _Codes({None: NO_LABEL}, **{word: code for code, word in enumerate(known)})

    def codes(self, words: Sequence[str | None]) -> Codes:
        """NO_LABEL for None."""
        return np.fromiter(map(self._codes.__getitem__, words), "i4", len(words))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for word in self._codes if word is not None)


class _Codes(dict[str | None, int]):
    def __missing__(self, word: str) -> int:
        self[word] = code = len(self) - 1  # None is no word
        return code


Column = Callable[[Sequence[Any]], NDArray[Any]]  # the cells of a batch of records


def read_columns(path: Path, record_type: type[Any], columns: dict[str, Column]) -> dict[str, NDArray[Any]]:
    """One array a column; ``columns`` maps its name to what makes its cells.  Empty when there is no such file."""
    line_count = count_lines(
        path
    )  # arrays of the right size from the start: to join parts takes twice the memory
    arrays = {name: np.empty(line_count, column([]).dtype) for name, column in columns.items()}
    filled = 0
    with paused_collector():
        for batch in read_batches(path, record_type):
            for name, column in columns.items():
                arrays[name][filled : filled + len(batch)] = column(batch)
            filled += len(batch)
    return {name: array[:filled] for name, array in arrays.items()}


def count_lines(path: Path) -> int:
    """At least as many as there are records; 0 when there is no such file."""
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return 1 + sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(CHUNK_BYTES), b""))


@contextlib.contextmanager
def paused_collector() -> Iterator[None]:
    """Without the cyclic garbage collector, which would look through every record read so far, again and again.

    Records hold no cycles: nothing is lost by waiting.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


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
        if rest:
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


# ---- columns: a field of every record of a batch ----


def float_column(name: str) -> Column:
    """Floats; None becomes NaN."""
    field = operator.attrgetter(name)
    return lambda batch: np.array(list(map(field, batch)), dtype="f8")


def integer_column(name: str) -> Column:
    """Integers that are not negative; None becomes -1."""
    field = operator.attrgetter(name)

    def column(batch: Sequence[Any]) -> Integers:
        values = list(map(field, batch))
        try:
            return np.array(values, dtype="i8")
        except TypeError:  # some are None
            return np.array([-1 if value is None else value for value in values], dtype="i8")

    return column


def flag_column(name: str) -> Column:
    field = operator.attrgetter(name)
    return lambda batch: np.array(list(map(field, batch)), dtype="?")


def label_column(name: str, labels: Labels) -> Column:
    """Codes into ``labels``; None becomes NO_LABEL."""
    field = operator.attrgetter(name)
    return lambda batch: labels.codes(list(map(field, batch)))


def id_column(name: str) -> Column:
    """Trace ids, 32 ASCII characters; None becomes empty, foreign letters question marks."""
    field = operator.attrgetter(name)

    def column(batch: Sequence[Any]) -> Ids:
        values = [value or "" for value in map(field, batch)]
        try:
            return np.array(values, dtype="S32")
        except UnicodeEncodeError:
            return np.array([value.encode("ascii", "replace") for value in values], dtype="S32")

    return column


def words_column(name: str) -> Column:
    """Tuples of words; the same word is kept once."""
    field = operator.attrgetter(name)

    def column(batch: Sequence[Any]) -> Words:
        values = list(map(field, batch))
        cells = np.empty(len(values), "O")
        if any(values):
            cells[:] = np.fromiter((tuple(map(sys.intern, words)) for words in values), "O", len(values))
        else:
            cells.fill(())
        return cells

    return column


def key_column(name: str) -> Column:
    """A number for a word of at most 32 letters, equal for equal words; -1: none."""
    words = id_column(name)

    return lambda batch: number_ids(words(batch))


def number_ids(ids: Ids) -> Integers:
    """A number for each id, equal for equal ones and, as good as surely, for no others; -1 for an empty one."""
    parts = np.ascontiguousarray(ids).view("u8").reshape(len(ids), 4)
    mixed = np.bitwise_xor.reduce(parts * _MIXERS, axis=1)
    numbers: Integers = (mixed ^ (mixed >> np.uint64(32))).astype("i8") & _POSITIVE
    numbers[~parts.any(axis=1)] = -1
    return numbers


_MIXERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], "u8")
_POSITIVE = np.int64(0x7FFFFFFFFFFFFFFF)

"""JSON lines into numpy columns, a chunk at a time, so that a million records need seconds and little memory.

Pure but for reading the file it is given; knows no meaning of any column.  Missing numbers are NaN in float columns
and -1 in integer columns; words become codes into a tuple of labels.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self, TypeVar, get_args, get_origin

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


@dataclass(frozen=True, slots=True)
class Column:
    """How a field of all records of a batch becomes cells."""

    field: str
    make: Callable[[Sequence[Any]], NDArray[Any]]


def read_columns(path: Path, record_type: type[Any], columns: dict[str, Column]) -> dict[str, NDArray[Any]]:
    """One array a column.  Empty when there is no such file."""
    lean = make_lean(record_type, {column.field for column in columns.values()})
    places = {field.name: place for place, field in enumerate(msgspec.structs.fields(lean))}
    line_count = count_lines(
        path
    )  # arrays of the right size from the start: to join parts takes twice the memory
    arrays = {name: np.empty(line_count, column.make(()).dtype) for name, column in columns.items()}
    filled = 0
    with paused_collector():
        for records in read_batches(path, lean):
            batch = records[: line_count - filled]  # a run that goes on has written more meanwhile
            fields = list(zip(*map(msgspec.structs.astuple, batch), strict=True))
            for name, column in columns.items() if fields else ():
                arrays[name][filled : filled + len(batch)] = column.make(fields[places[column.field]])
            filled += len(batch)
    return {name: array[:filled] for name, array in arrays.items()}


def make_lean(record_type: type[Any], names: Collection[str]) -> type[Any]:
    """The record with these fields only, and lists as tuples: what is not read, and what is empty, costs nothing."""
    chosen: list[Any] = []
    for field in msgspec.structs.fields(record_type):
        if field.name not in names:
            continue
        if get_origin(field.type) is list:
            item: Any = get_args(field.type)[0]
            chosen.append((field.name, tuple[item, ...], ()))
        elif field.required:
            chosen.append((field.name, field.type))
        else:
            chosen.append((field.name, field.type, field.default))
    return msgspec.defstruct(f"Lean{record_type.__name__}", chosen, frozen=True, kw_only=True, gc=False)


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


# ---- columns ----


def float_column(field: str) -> Column:
    """Floats; None becomes NaN."""
    return Column(field, lambda values: np.array(values, dtype="f8"))


def integer_column(field: str) -> Column:
    """Integers that are not negative; None becomes -1."""
    return Column(field, _make_integers)


def _make_integers(values: Sequence[int | None]) -> Integers:
    try:
        return np.array(values, dtype="i8")
    except TypeError:  # some are None
        return np.array([-1 if value is None else value for value in values], dtype="i8")


def flag_column(field: str) -> Column:
    return Column(field, lambda values: np.array(values, dtype="?"))


def label_column(field: str, labels: Labels) -> Column:
    """Codes into ``labels``; None becomes NO_LABEL."""
    return Column(field, labels.codes)


def joined_column(field: str, labels: Labels) -> Column:
    """Codes of lists of words, joined; an empty list has NO_LABEL."""
    return Column(field, lambda values: labels.codes([", ".join(words) or None for words in values]))


def id_column(field: str) -> Column:
    """Trace ids, 32 ASCII characters; None becomes empty, foreign letters question marks."""
    return Column(field, _make_ids)


def _make_ids(values: Sequence[str | None]) -> Ids:
    words = [value or "" for value in values]
    try:
        return np.array(words, dtype="S32")
    except UnicodeEncodeError:
        return np.array([word.encode("ascii", "replace") for word in words], dtype="S32")


def key_column(field: str) -> Column:
    """A number for a word of at most 32 letters, equal for equal words; -1: none."""
    return Column(field, lambda values: number_ids(_make_ids(values)))


def words_column(field: str) -> Column:
    """Tuples of words; the same word is kept once."""
    return Column(field, _make_words)


def _make_words(values: Sequence[tuple[str, ...]]) -> Words:
    cells = np.empty(len(values), "O")
    if any(values):
        cells[:] = np.fromiter((tuple(map(sys.intern, words)) for words in values), "O", len(values))
    else:
        cells.fill(())
    return cells


def number_ids(ids: Ids) -> Integers:
    """A number for each id, equal for equal ones and, as good as surely, for no others; -1 for an empty one."""
    parts = np.ascontiguousarray(ids).view("u8").reshape(len(ids), 4)
    mixed = np.bitwise_xor.reduce(parts * _MIXERS, axis=1)
    numbers: Integers = (mixed ^ (mixed >> np.uint64(32))).astype("i8") & _POSITIVE
    numbers[~parts.any(axis=1)] = -1
    return numbers


_MIXERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], "u8")
_POSITIVE = np.int64(0x7FFFFFFFFFFFFFFF)

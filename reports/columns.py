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

CHUNK_BYTES = 1 << 19  # of which the records still fit the cache
GROWTH = 1.25  # of an array that is full
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
    arrays = {name: np.empty(0, column.make(()).dtype) for name, column in columns.items()}
    filled = 0
    with paused_collector():
        for records in read_batches(path, lean):
            fields = list(zip(*map(msgspec.structs.astuple, records), strict=True))
            end = filled + len(records)
            for name, column in columns.items() if fields else ():
                if end > len(arrays[name]):
                    _resize(arrays[name], int(end * GROWTH))
                arrays[name][filled:end] = _make_cells(column, fields[places[column.field]])
            filled = end
    for array in arrays.values():
        _resize(array, filled)
    return arrays


def _resize(array: NDArray[Any], length: int) -> None:
    """In place: to join parts would take twice the memory."""
    array.resize(length, refcheck=False)  # nobody else has it yet


def _make_cells(column: Column, values: tuple[Any, ...]) -> NDArray[Any]:
    """One cell for all where they are the same, which is the rule: no fault, no time-out, status 200."""
    first = values[0]
    is_same = first is values[-1] and values.count(first) == len(values)
    return column.make(values[:1] if is_same else values)


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
        while chunk := file.read(CHUNK_BYTES):
            yield _decode(chunk + file.readline(), decoder)


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
    return Column(field, _make_floats)


def _make_floats(values: Sequence[float | None]) -> Floats:
    try:
        return np.fromiter(values, "f8", len(values))
    except TypeError:  # some are None
        return np.array(values, dtype="f8")


def integer_column(field: str) -> Column:
    """Integers that are not negative; None becomes -1."""
    return Column(field, _make_integers)


def _make_integers(values: Sequence[int | None]) -> Integers:
    try:
        return np.fromiter(values, "i8", len(values))
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


def key_of(word: str) -> int:
    """The number that a key column gives this word."""
    return int(number_ids(_make_ids([word]))[0])


def number_ids(ids: Ids) -> Integers:
    """A number for each id, equal for equal ones and, as good as surely, for no others; -1 for an empty one."""
    parts = np.ascontiguousarray(ids).view("u8").reshape(len(ids), 4)
    # A product spreads what differs to higher bits only: first bring the high ones down.
    spread = _fold(_fold(parts) * _MIXERS)
    mixed = _fold(np.bitwise_xor.reduce(spread, axis=1) * _MIXERS[0])
    numbers: Integers = mixed.astype("i8") & _POSITIVE
    numbers[~parts.any(axis=1)] = -1
    return numbers


def match_keys(keys: Integers, wanted: Integers) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """For each wanted key a row that has it, and whether there is one; keys: at least one."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    places = np.minimum(np.searchsorted(ranked, wanted), len(ranked) - 1)
    return order[places], ranked[places] == wanted


def _fold(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return np.asarray(values ^ (values >> _FOLD))


_FOLD = np.uint64(29)
_MIXERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], "u8")
_POSITIVE = np.int64(0x7FFFFFFFFFFFFFFF)

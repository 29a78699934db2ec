"""JSON answers without a schema in the request: by a schema or keys in the prompt, or of a given size.  Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from mock_provider.replies.lifting import MISSING, Lifter
from mock_provider.replies.schema_rules import TYPES

_KEY = re.compile(r"['\"`]([^\W\d][\w-]{0,60})['\"`]")
_OPENING = re.compile(r"\{")
_ITEM = '{"id":%d,"name":"item %d","value":%d.5,"tags":["alpha","beta"],"active":true}'


def find_schema(text: str) -> dict[str, Any] | None:
    """The last JSON Schema of an object that is written out in the text."""
    found = None
    for value in _objects_in(text):
        if isinstance(value.get("properties"), dict) and value["properties"]:
            found = value
        elif (
            isinstance(inner := value.get("schema") or value.get("parameters"), dict)
            and "properties" in inner
        ):
            found = inner
    return found


def make_object(text: str, canaries: Sequence[str]) -> str:
    """An object with the keys the prompt shows in an example or in quotes, and what it says of them."""
    example = next((value for value in _objects_in(text) if value), None)
    keys = list(example) if example else list(dict.fromkeys(_KEY.findall(text)))
    lifter = Lifter(text)
    mark = " ".join(["", *canaries])
    return msgspec.json.encode(
        {key: _value_of(key, (example or {}).get(key), lifter, mark) for key in keys}
    ).decode()


def make_json_of_size(size: int, canaries: Sequence[str]) -> str:
    """A JSON object of this many bytes, or of the fewest that hold its parts."""
    head = json.dumps({"canaries": list(canaries)} if canaries else {})[:-1]
    head += ", " if canaries else ""
    items, tail = '"items":[', "]}"
    room = size - len(head) - len(items) - len(tail)
    written = _items_within(max(room - len(',"padding":""'), 0))
    padding = size - len(head) - len(items) - len(written) - len(tail) - len(',"padding":""')
    return f'{head}{items}{written}],"padding":"{"x" * max(padding, 0)}"}}'


@lru_cache(maxsize=32)
def _items_within(room: int) -> str:
    items: list[str] = []
    used = -1
    while used + len(item := _ITEM % (len(items), len(items), len(items))) + 1 <= room:
        items.append(item)
        used += len(item) + 1
    return ",".join(items)


def _value_of(key: str, example: Any, lifter: Lifter, mark: str) -> Any:
    """What the prompt says of a key; else something of the example's type."""
    wanted = (
        TYPES.get(example) if isinstance(example, str) else (type(example),) if example is not None else None
    )
    if wanted is not None and wanted[0] in (int, float):
        return next(lifter.candidates("number", key), 1)
    if wanted is not None and wanted[0] in (bool, list, dict):
        return {bool: True, list: [f"sample {key}{mark}"], dict: {}}[wanted[0]]
    said = lifter.read_key(key) if example is None else MISSING
    return said if isinstance(said, int | float) else f"sample {key}{mark}"


def _objects_in(text: str) -> list[dict[str, Any]]:
    """Every outermost JSON object written out in the text."""
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    end = 0
    for match in _OPENING.finditer(text):
        if match.start() < end:
            continue
        try:
            value, end = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found

"""JSON answers without a schema in the request: by a schema or keys in the prompt, or of a given size.  Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from mock_provider.replies.field_notes import is_placeholder, schema_of_field
from mock_provider.replies.lifting import Lifter, clip_prompt
from mock_provider.replies.schema_rules import TYPES
from mock_provider.replies.schema_values import SchemaFiller
from mock_provider.replies.spotting import split_name
from mock_provider.replies.text import Text, join_texts, split_text
from mock_provider.replies.vocabulary import NUMBER_WORDS

_KEY = re.compile(r"['\"`]([^\W\d][\w-]{0,60})['\"`]")
_BETWEEN = r"(?:,\s*and\s+|,\s*|\s+and\s+)"
_LISTED = re.compile(
    r"\b(?:keys|fields|properties)\b(?::| are| named| called)?"
    rf"\s+([^\W\d]\w*(?:{_BETWEEN}[^\W\d]\w*)*)"
)
_DEMAND = re.compile(
    r"\b(?:return|respond|answer|reply|output|give|produce|generate|provide|format(?:ted)?)\b[^.\n]{0,60}\bJSON\b",
    re.IGNORECASE,
)
_ITEM = '{"id":%d,"name":"item %d","value":%d.5,"tags":["alpha","beta"],"active":true}'
_EXPLANATION_CHARS = 1000
_FINE_BYTES = 200_000
_NUMBER_WORDS = frozenset(NUMBER_WORDS.split())
_DECODER = json.JSONDecoder()


def fill_as_json(schema: Mapping[str, Any], prompt: str, canaries: Sequence[str]) -> str:
    """A value for the schema, as JSON."""
    filler = SchemaFiller(schema, Lifter(without_schemas(prompt)), optional="all", mark=" ".join(canaries))
    return msgspec.json.encode(filler.fill(schema)).decode()


def find_schema(text: str) -> dict[str, Any] | None:
    """The last JSON Schema of an object that is written out in the text."""
    found = [schema for _, _, value in _objects_in(text) if (schema := _schema_in(value)) is not None]
    return found[-1] if found else None


def without_schemas(text: str) -> str:
    """The text with the schemas cut out: what they say is about the answer, not part of it.

    What stands between two of them explains them.
    """
    if '"properties"' not in text:
        return text
    found = [(start, end) for start, end, value in _objects_in(text) if _schema_in(value) is not None]
    if len(found) > 1 and found[-1][0] - found[0][1] < _EXPLANATION_CHARS:
        found = [(found[0][0], found[-1][1])]
    for start, end in reversed(found):
        text = text[:start] + text[end:]
    return text


def make_object(prompt: str, question: str, canaries: Sequence[str]) -> str:
    """An object with the keys the prompt shows in an example or in quotes, and what the question says of them."""
    examples = [found for found in _objects_in(prompt) if found[2]]
    keys = _KEY.findall(prompt) or _listed_keys(prompt)
    start, end, example = examples[0] if examples else (0, 0, dict.fromkeys(keys))
    named = {key: value for key, value in example.items() if is_placeholder(key, value)}
    schemas = {
        key: schema_of_field(key, str(value), prompt) if key in named else _schema_of(key, value)
        for key, value in example.items()
    }
    schema = {"type": "object", "properties": schemas, "required": list(example)}
    said = question or prompt
    if named:
        said = said.replace(prompt[start:end], "")
    elif not examples:
        said = _KEY.sub("", said)
    return fill_as_json(schema, said, canaries)


def asks_for_json(text: str) -> bool:
    """Whether the words of a prompt demand JSON, where the request itself does not."""
    return ("JSON" in text or "json" in text) and _DEMAND.search(clip_prompt(text)) is not None


def _listed_keys(prompt: str) -> list[str]:
    """Those named without quotes: "with the keys name and age"."""
    listed = _LISTED.search(prompt)
    return re.split(_BETWEEN, listed.group(1)) if listed else []


def make_json_of_size(size: int, canaries: Sequence[str]) -> Text:
    """A JSON object of this many bytes, or of the fewest that hold its parts."""
    head = '{"canaries":' + msgspec.json.encode(list(canaries)).decode() + ',"items":['
    return join_texts(split_text(head), _make_rest(size - len(head)))


@lru_cache(maxsize=8)
def _make_rest(room: int) -> Text:
    """Items up to the last that fits, and padding.  In large ones an item is one token: nobody counts those."""
    items: list[str] = []
    left = room - len('],"padding":""}')
    while len(item := _ITEM % (len(items), len(items), len(items))) + 1 <= left:
        items.append(item if not items else f",{item}")
        left -= len(items[-1])
    end = '],"padding":"' + "x" * left + '"}'
    return Text((*items, end)) if room > _FINE_BYTES else split_text("".join(items) + end)


def _schema_of(key: str, example: Any) -> dict[str, Any]:
    """What a value of an example, or where it has none the key itself, says of the type."""
    if isinstance(example, str) and example in TYPES:
        return {"type": example}
    if isinstance(example, dict):
        return {
            "type": "object",
            "properties": {inner: _schema_of(inner, value) for inner, value in example.items()},
            "required": list(example),
        }
    for name in ("boolean", "integer", "number", "array"):
        if isinstance(example, TYPES[name]):
            return {"type": name}
    return {"type": "number" if example is None and _NUMBER_WORDS & set(split_name(key)) else "string"}


def _schema_in(value: dict[str, Any]) -> dict[str, Any] | None:
    if isinstance(value.get("properties"), dict) and value["properties"]:
        return value
    inner = value.get("schema") or value.get("parameters")
    return inner if isinstance(inner, dict) and inner.get("properties") else None


def _objects_in(text: str) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Start, end and value of every outermost JSON object written out in the text."""
    start = text.find("{")
    while start >= 0:
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            yield start, end, value
        start = text.find("{", end)

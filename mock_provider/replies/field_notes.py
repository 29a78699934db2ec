"""What a prompt says of the fields an answer must have: placeholders, and notes on their types.  Pure."""

from __future__ import annotations

import json
import re
from typing import Any

_PLACEHOLDER = re.compile(r"\{(\w+)\}(.*)", re.DOTALL)
_CHOICES = re.compile(r"one of: ([^\n]+)")
_SCHEMA = re.compile(r"schema: (\{.+\})")
_SAID_TYPE = r"`%s`\s*\(((?:[^()\n]|\([^()\n]*\))+)\)"
_LITERAL = re.compile(r"Literal\[(.+?)\]")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_TYPES = {
    "float": "number",
    "int": "integer",
    "bool": "boolean",
    "list": "array",
    "set": "array",
    "tuple": "array",
    "dict": "object",
}


def is_placeholder(key: str, value: Any) -> bool:
    """Whether an example's value only names what belongs there."""
    match = _PLACEHOLDER.match(value) if isinstance(value, str) else None
    return match is not None and match.group(1) == key


def schema_of_field(name: str, note: str, text: str) -> dict[str, Any]:
    """What is said of a field: a schema, choices or a type; else it is a text."""
    written = _SCHEMA.search(note)
    if written is not None:
        try:
            schema = json.loads(written.group(1))
        except ValueError:
            schema = None
        if isinstance(schema, dict) and schema:
            return schema
    choices = _CHOICES.search(note)
    if choices is not None:
        return {"enum": [choice.strip() for choice in choices.group(1).split(";")]}
    said = re.search(_SAID_TYPE % re.escape(name), text)
    return _schema_of_type(said.group(1).strip()) if said else {"type": "string"}


def _schema_of_type(said: str) -> dict[str, Any]:
    literal = _LITERAL.match(said)
    if literal is not None:
        return {
            "enum": [one or other for one, other in _QUOTED.findall(literal.group(1))] or [literal.group(1)]
        }
    word = re.split(r"\W", said, maxsplit=1)[0]
    kind = _TYPES.get(word)
    if kind == "array":
        inner = said.partition("[")[2].removesuffix("]")
        return {"type": "array", "items": _schema_of_type(inner) if inner else {"type": "string"}}
    return {"type": kind or "string"}

"""Answers in a form the prompt shows: headings, each with a ``{placeholder}`` below it.  Pure.

    ## answer ##
    {answer}

A heading that stands in the last user message with something below it is a question's; the others are the answer's.
What the prompt says of a placeholder beside it, or of "`answer` (float)" anywhere, is its type.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from mock_provider.replies.field_notes import schema_of_field
from mock_provider.replies.json_text import without_schemas
from mock_provider.replies.lifting import Lifter
from mock_provider.replies.schema_values import SchemaFiller

MARK = "\n{"  # texts without it have no such form
LONGEST = 32_000
_FIELD = re.compile(r"^([^\n{}]*?)\b(\w{1,64})\b([^\n{}\w]*)\n\{\2\}([^\n]*)$", re.MULTILINE)


def fill_template(text: str, question: str, canaries: Sequence[str]) -> str | None:
    """The answer in the form the text shows; None when it shows none.  question: the last user message."""
    if len(text) > LONGEST:
        return None
    shown = {match.group(2): match for match in _FIELD.finditer(text)}
    asked = [name for name, match in shown.items() if not _is_answered(match, question)]
    if len(shown) < 2 or not asked:  # a lone one is some other text
        return None
    properties = {name: schema_of_field(name, shown[name].group(4), text) for name in asked}
    schema = {"type": "object", "properties": properties, "required": asked}
    filler = SchemaFiller(schema, _lifter_of(question), optional="all", mark=" ".join(canaries))
    values = filler.fill(schema)
    parts = [f"{_heading(shown[name], name)}\n{_write(values[name])}" for name in asked]
    ending = _find_ending(text, shown)
    return "\n\n".join([*parts, ending] if ending else parts)


def _is_answered(match: re.Match[str], question: str) -> bool:
    """Whether the heading stands in the question with something below it that is no placeholder."""
    heading = re.escape(_heading(match, match.group(2)))
    found = re.search(rf"^{heading}\n(?!\{{{match.group(2)}\}})", question, re.MULTILINE)
    return found is not None


def _heading(match: re.Match[str], name: str) -> str:
    return f"{match.group(1)}{name}{match.group(3)}"


def _find_ending(text: str, shown: dict[str, re.Match[str]]) -> str | None:
    """A heading of the same shape after the last placeholder, with nothing below it: how the answer ends."""
    last = list(shown.values())[-1]
    before, after = last.group(1), last.group(3)
    if not before.strip() and not after.strip():
        return None
    shape = re.compile(rf"\s*^({re.escape(before)}\w+{re.escape(after)})$", re.MULTILINE)
    found = shape.match(text, last.end())
    return found.group(1) if found else None


def _lifter_of(question: str) -> Lifter:
    """Values are looked for in what was asked, without the words about the form."""
    plain = _FIELD.sub("", question) if MARK in question else question
    lines = [line for line in plain.split("\n") if "`" not in line]
    return Lifter(without_schemas("\n".join(lines)))


def _write(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

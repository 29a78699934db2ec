"""Invented strings: by format, by pattern, by length, by the field's name.  Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from mock_provider.replies.patterns import LONGEST, make_matching
from mock_provider.replies.spotting import split_name
from mock_provider.replies.vocabulary import QUESTION_WORDS

_QUESTION_WORDS = frozenset(QUESTION_WORDS.split())
_BY_FORMAT = {
    "date": "2025-01-{:02d}",
    "date-time": "2025-01-{:02d}T12:00:00Z",
    "time": "12:{:02d}:00",
    "duration": "P{}D",
    "email": "user{}@example.com",
    "idn-email": "user{}@example.com",
    "hostname": "host{}.example.com",
    "uri": "https://example.com/{}",
    "url": "https://example.com/{}",
    "uri-reference": "https://example.com/{}",
    "iri": "https://example.com/{}",
    "ipv4": "192.0.2.{}",
    "ipv6": "2001:db8::{}",
    "json-pointer": "/item/{}",
    "byte": "AAAA",
}


def make_string(schema: Mapping[str, Any], name: str, number: int, *, prompt: str, mark: str) -> str:
    """A string for a field of this name.  number: tells the items of a list apart.  mark: ends free text."""
    form = schema.get("format")
    if form == "uuid":
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{number}"))
    if form in _BY_FORMAT:
        return _BY_FORMAT[form].format(number % 28 + 1)
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if isinstance(schema.get("pattern"), str):
        return make_matching(schema["pattern"], least, number)
    words = split_name(name)
    if words and words[-1] in _QUESTION_WORDS and prompt and number == 0:
        text = prompt.strip()
        text = text if mark in text else f"{text} {mark}"  # of a long prompt the middle is left out
    else:
        text = " ".join(["sample", *words, *([str(number + 1)] if number else []), *([mark] if mark else [])])
    text = text.ljust(min(least, LONGEST), ".")
    if most is None or len(text) <= most:
        return text
    return (f"{number + 1}{text}" if number else text)[:most]  # cut, items of a list must still differ

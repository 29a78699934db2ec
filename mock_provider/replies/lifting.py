"""Values that stand in the prompt: calls written out, keys with a value, quotes, numbers, names, places.  Pure.

Each value found by its looks is given out once, so that two fields do not get the same number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from mock_provider.replies.text import CANARY
from mock_provider.replies.vocabulary import NAME_WORDS, OPENING_WORDS, PLACE_WORDS


class Missing:
    """The prompt does not say; distinct from null, which it may say."""


MISSING: Final = Missing()

_QUOTED = re.compile(
    r"\"([^\"\n]+)\"|(?<!\w)'([^'\n]+)'(?!\w)|`([^`\n]+)`|“([^”\n]+)”|«([^»\n]+)»|「([^」\n]+)」"
)
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w])")
_WORD_CAPITAL = r"[^\W\d_a-zà-öø-ÿ][\w’'-]*"
_NAME = re.compile(rf"{_WORD_CAPITAL}(?:[ ]{_WORD_CAPITAL})*")
_PLACE = re.compile(rf"\b(?:in|at|near|from|to|for|of)\s+({_WORD_CAPITAL}(?:(?:\s|,\s){_WORD_CAPITAL})*)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://[^\s'\"<>)]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?)?")
_LITERAL = re.compile(r"-?\d+(?:\.\d+)?(?![\w.]\w)|true\b|false\b|null\b|none\b", re.IGNORECASE)
_NOT_NAMES = frozenset(OPENING_WORDS.split())
_NAME_WORDS = frozenset(NAME_WORDS.split())
_PLACE_WORDS = frozenset(PLACE_WORDS.split())


class Lifter:
    """Takes values out of one prompt."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._given: set[tuple[str, int]] = set()

    def mentions(self, words: str) -> bool:
        """Whether the prompt has these words, whatever their case."""
        return re.search(rf"(?<!\w){re.escape(words.lower())}(?!\w)", self.lowered) is not None

    @cached_property
    def lowered(self) -> str:
        return self.text.lower()

    @cached_property
    def plain(self) -> str:
        """The prompt without its canaries: they are marks, not values."""
        return CANARY.sub("", self.text)

    def read_key(self, name: str) -> Any:
        """What the prompt gives for this name: "age: 3", `"age": 3`, age=3, age is 3; else MISSING."""
        spoken = r"[\s_-]".join(map(re.escape, split_name(name))) or re.escape(name)
        pattern = rf"(?<!\w)[\"'`]?{spoken}[\"'`]?\s*(?:=|:|\bis\b|\bof\b|\bset to\b|\bequals\b)\s*"
        for match in re.finditer(pattern, self.plain, re.IGNORECASE):
            value = _read_value(
                self.plain, match.end(), loose=self.plain[match.end() - 1 : match.end()] in "=: "
            )
            if value is not MISSING:
                return value
        return MISSING

    def candidates(self, kind: str, name: str) -> Iterator[Any]:
        """Values not given out yet that look like this kind (string, integer, number) of field."""
        if kind == "string":
            yield from self._take("email", _EMAIL, when="email" in name.lower())
            yield from self._take("url", _URL, when=name.lower() in ("url", "uri", "link", "href"))
            yield from self._take("quoted", _QUOTED)
            yield from self._take_by_name(name)
        elif kind in ("integer", "number"):
            for text in self._take("number", _NUMBER):
                yield parse_number(text.replace(",", ""))

    def dates(self) -> Iterator[str]:
        """Dates in ISO form."""
        yield from self._take("date", _DATE)

    def remaining(self, kind: str) -> int:
        """How many quotes (string) or numbers were not given out yet."""
        key, pattern = ("quoted", _QUOTED) if kind == "string" else ("number", _NUMBER)
        return sum((key, match.start()) not in self._given for match in pattern.finditer(self.plain))

    def _take_by_name(self, name: str) -> Iterator[str]:
        words = set(split_name(name))
        if words & _PLACE_WORDS:
            yield from self._take("name", _PLACE)
            yield from self._take("name", _NAME, refused=_NOT_NAMES)
        if words & _NAME_WORDS:
            yield from self._take("name", _NAME, refused=_NOT_NAMES)

    def _take(
        self, key: str, pattern: re.Pattern[str], *, when: bool = True, refused: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        """The matches nobody took; a match counts as taken when the next one is not asked for."""
        for match in pattern.finditer(self.plain) if when else ():
            start, value = _skip_words(match.group(match.lastindex or 0), refused)
            start += match.start(match.lastindex or 0)
            if not value or (key, start) in self._given:
                continue
            self._given.add((key, start))
            yield value
            self._given.discard((key, start))  # not wanted: it did not fit the field


def _skip_words(value: str, refused: frozenset[str]) -> tuple[int, str]:
    """The value without the refused words it begins with, and how many characters they took."""
    skipped = 0
    while value and value.split(" ", 1)[0].lower() in refused:
        first, blank, value = value.partition(" ")
        skipped += len(first) + len(blank)
    return skipped, value


def find_calls(text: str, name: str) -> list[str]:
    """What stands between the brackets of each call of this name that is written out in the text."""
    return re.findall(rf"(?<!\w){re.escape(name)}\s*\(([^()]*)\)", text) if name in text else []


def read_call_arguments(written: str, parameter_names: list[str]) -> dict[str, Any]:
    """``a=1, "x"`` as values by parameter name; positional ones in the order of the parameters."""
    found: dict[str, Any] = {}
    free = list(parameter_names)
    for part in re.findall(r"(?:[^,\"']|\"[^\"]*\"|'[^']*')+", written):
        named = re.match(r"\s*([^\W\d]\w*)\s*[=:]\s*(.*)", part, re.DOTALL)
        name = named.group(1) if named and named.group(1) in parameter_names else None
        value = part if name is None or named is None else named.group(2)
        if name is None and not free:
            break
        name = name or free[0]
        if name in free:
            free.remove(name)
        found[name] = _read_literal(value.strip())
    return found


def split_name(name: str) -> list[str]:
    """The words of a field's name, in lower case: customerName, customer_name → customer, name."""
    return [word.lower() for word in re.findall(r"[A-Z]?[^\W_A-Z]+|[A-Z]+(?![a-z])", name)]


def parse_number(text: str) -> int | float:
    """A number as JSON has it."""
    return float(text) if "." in text else int(text)


def _read_literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {"True": True, "False": False, "None": None}.get(text, text.strip("'\"`"))


def _read_value(text: str, start: int, *, loose: bool) -> Any:
    """The value that begins here: JSON, a quote, a number, or, where a key demands one, the words up to a mark."""
    if text[start : start + 1] in ('"', "{", "["):
        try:
            return json.JSONDecoder().raw_decode(text, start)[0]
        except ValueError:
            return MISSING
    if quoted := _QUOTED.match(text, start):
        return quoted.group(quoted.lastindex or 0)
    if literal := _LITERAL.match(text, start):
        return _read_literal(literal.group().lower().replace("none", "null"))
    if loose and (words := re.match(r"[^\s,;.(){}\[\]\"'`][^,;.\n(){}\[\]\"`]*", text[start:])):
        return words.group().strip()
    return MISSING

"""Values that stand in the prompt: calls written out, keys with a value, what looks right for a field.  Pure.

Each value found by its looks is given out once, so that two fields do not get the same number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from mock_provider.replies.spotting import QUOTED, Spotter, split_name, spotters_for
from mock_provider.replies.text import CANARY


class Missing:
    """The prompt does not say; distinct from null, which it may say."""


MISSING: Final = Missing()
END_CHARS = 4000
_LITERAL = re.compile(r"(?:-?\d+(?:\.\d+)?|true|false|null|none)(?![\w%]|\.\d)", re.IGNORECASE)
_WORDS = re.compile(r"[^\s,;.(){}\[\]\"'`](?:[^,;.\n(){}\[\]\"`]|\.(?=\S))*")
_ARGUMENT = re.compile(r"(?:[^,\"'\[{]|\"[^\"]*\"|'[^']*'|\[[^\]]*\]|\{[^}]*\})+")
_NAMED_ARGUMENT = re.compile(r"\s*[\"']?([^\W\d]\w*)[\"']?\s*[=:]\s*(.*)", re.DOTALL)


class Lifter:
    """Takes values out of one prompt; of a long one only beginning and end are read, where questions stand."""

    def __init__(self, text: str) -> None:
        self.text = clip_prompt(text)
        self.field_names: frozenset[str] = frozenset()  # "keys 'name' and 'age'" are no values
        self._given: set[int] = set()  # where the values given out begin

    @cached_property
    def plain(self) -> str:
        """The prompt without its canaries: they are marks, not values."""
        return CANARY.sub("", self.text)

    @cached_property
    def lowered(self) -> str:
        return self.text.lower()

    def mentions(self, words: str) -> bool:
        """Whether the prompt has these words, whatever their case."""
        return re.search(rf"(?<!\w){re.escape(words.lower())}(?!\w)", self.lowered) is not None

    def read_key(self, name: str) -> Any:
        """What the prompt gives for this name: "age: 3", `"age": 3`, age=3, age is 3; else MISSING."""
        spoken = r"[\s_-]?".join(map(re.escape, split_name(name))) or re.escape(name)
        pattern = rf"(?<!\w)[\"'`]?{spoken}[\"'`]?\s*(?:([=:])|\b(?:is|of|to|equals)\b)\s*"
        for match in re.finditer(pattern, self.plain, re.IGNORECASE):
            value = _read_value(self.plain, match.end(), takes_words=match.group(1) is not None)
            if value is not MISSING:
                return value
        return MISSING

    def candidates(self, kind: str, name: str) -> Iterator[Any]:
        """Values not given out yet that look like a field of this JSON type and name.

        The last one taken counts as given out; those before it, which did not do, stay.
        """
        for spotter in spotters_for(kind, name):
            for start, value in self._left(spotter):
                self._given.add(start)
                yield value if kind == "string" else parse_number(value.replace(",", ""))
                self._given.discard(start)

    def count(self, kind: str, name: str) -> int:
        """How many values for such a field were not given out yet."""
        return max((sum(1 for _ in self._left(spotter)) for spotter in spotters_for(kind, name)), default=0)

    def _left(self, spotter: Spotter) -> Iterator[tuple[int, str]]:
        return (
            (start, value)
            for start, value in spotter(self.plain)
            if start not in self._given and value not in self.field_names
        )


def clip_prompt(text: str) -> str:
    """Beginning and end of a long text; a text of usual length as it is."""
    return text if len(text) <= 2 * END_CHARS else f"{text[:END_CHARS]}\n{text[-END_CHARS:]}"


def find_calls(text: str, name: str) -> list[str]:
    """What stands between the brackets of each call of this name that is written out in the text."""
    return re.findall(rf"(?<!\w){re.escape(name)}\s*\(([^()]*)\)", text) if name in text else []


def read_call_arguments(written: str, parameter_names: list[str]) -> dict[str, Any]:
    """``a=1, "x"`` as values by parameter name; positional ones in the order of the parameters."""
    found: dict[str, Any] = {}
    free = list(parameter_names)
    for part in _ARGUMENT.findall(written):
        named = _NAMED_ARGUMENT.match(part)
        if named and named.group(1) in parameter_names:
            name, value = named.group(1), named.group(2)
        elif free:
            name, value = free[0], part
        else:
            break
        if name in free:
            free.remove(name)
        found[name] = _read_literal(value.strip())
    return found


def parse_number(text: str) -> int | float:
    """A number as JSON has it."""
    return float(text) if "." in text else int(text)


def _read_literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {"True": True, "False": False, "None": None}.get(text, text.strip("'\"`"))


def _read_value(text: str, start: int, *, takes_words: bool) -> Any:
    """The value that begins here: JSON, a quote, a number, or, where the key demands one, the words up to a mark."""
    if text[start : start + 1] in ('"', "{", "["):
        try:
            return json.JSONDecoder().raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            return MISSING
    if quoted := QUOTED.match(text, start):
        return quoted.group(quoted.lastindex or 0)
    if literal := _LITERAL.match(text, start):
        return _read_literal(literal.group().lower().replace("none", "null"))
    if takes_words and (words := _WORDS.match(text, start)):
        return words.group().strip()
    return MISSING

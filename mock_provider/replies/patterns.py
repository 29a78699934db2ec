"""A string that matches a regular expression.  Pure.

Reads Python's own parse of the pattern; an expression it cannot build (look-around, back references of a part not
built yet) gives a plain string, which is then at least readable.
"""

from __future__ import annotations

import re
from typing import Any

from re import _constants as codes, _parser as parser  # type: ignore[attr-defined]  # isort: skip

_BY_CATEGORY = {
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_NOT_WORD: "-",
    codes.CATEGORY_NOT_SPACE: "a",
}
LONGEST = 100_000  # characters of a made-up string
_TRIED = "aA1-_ .é/:@#"


def make_matching(pattern: str, least: int = 0, number: int = 0) -> str:
    """A string the pattern is found in, of at least this many characters where the pattern can be stretched."""
    try:
        parsed = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return f"sample {number}"
    least = min(least, LONGEST)
    for stretch in (0, 1, 2, 4, 8, least):
        text = _build(parsed, {}, stretch, number)
        if len(text) >= least:
            return text
    return text if pattern.endswith("$") else text.ljust(least, "a")


def _build(parsed: Any, groups: dict[int, str], stretch: int, number: int) -> str:
    return "".join(_build_one(code, argument, groups, stretch, number) for code, argument in parsed)


def _build_one(code: Any, argument: Any, groups: dict[int, str], stretch: int, number: int) -> str:
    if code is codes.LITERAL:
        return chr(argument)
    if code is codes.NOT_LITERAL:
        return next(c for c in _TRIED if ord(c) != argument)
    if code is codes.ANY:
        return "a"
    if code is codes.IN:
        return _build_class(argument, number)
    if code is codes.BRANCH:
        options = argument[1]
        return _build(options[number % len(options)], groups, stretch, number)
    if code is codes.SUBPATTERN:
        text = _build(argument[3], groups, stretch, number)
        if argument[0] is not None:
            groups[argument[0]] = text
        return text
    if code is codes.GROUPREF:
        return groups.get(argument, "")
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, getattr(codes, "POSSESSIVE_REPEAT", None)):
        least, most, repeated = argument
        text = _build(repeated, groups, stretch, number)
        count = max(least, min(int(most), max(stretch, 1)))
        return text * int(min(count, LONGEST // max(len(text), 1)))
    return ""  # anchors and look-around take no room


def _build_class(items: Any, number: int) -> str:
    """A character of a class such as [a-z_]; a negated one by trying."""
    if items and items[0][0] is codes.NEGATE:
        return next((c for c in _TRIED if not any(_has(c, item) for item in items[1:])), "~")
    code, argument = items[0]
    if code is codes.RANGE:
        low, high = argument
        return chr(low + number % (high - low + 1))
    if code is codes.CATEGORY:
        return _BY_CATEGORY.get(argument, "a")
    return chr(argument)


def _has(character: str, item: Any) -> bool:
    code, argument = item
    if code is codes.RANGE:
        return bool(argument[0] <= ord(character) <= argument[1])
    if code is codes.LITERAL:
        return bool(ord(character) == argument)
    matching = {
        codes.CATEGORY_DIGIT: character.isdigit(),
        codes.CATEGORY_WORD: character.isalnum() or character == "_",
        codes.CATEGORY_SPACE: character.isspace(),
        codes.CATEGORY_NOT_DIGIT: not character.isdigit(),
        codes.CATEGORY_NOT_WORD: not (character.isalnum() or character == "_"),
        codes.CATEGORY_NOT_SPACE: not character.isspace(),
    }
    return matching.get(argument, False)

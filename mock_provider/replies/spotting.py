"""Finds what looks like a value of some kind in a text: where it begins, and what it is.  Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mock_provider.replies.vocabulary import (
    NAME_WORDS,
    OPENING_WORDS,
    PLACE_WORDS,
    TOPIC_WORDS,
    WHEN_WORDS,
)

Spotted = tuple[int, str]  # where it begins in the text; the value
Spotter = Callable[[str], Iterator[Spotted]]

QUOTED = re.compile(
    r"\"([^\"\n]+)\"|(?<!\w)'([^'\n]+)'(?!\w)|`([^`\n]+)`|“([^”\n]+)”|«([^»\n]+)»|「([^」\n]+)」"
)
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w])")
_CAPITAL = r"(?<!\w)[^\W\d_a-zà-öø-ÿ][^\W_]*(?:[’'-][^\W_]+)*(?!\w)"
_NAME = re.compile(rf"{_CAPITAL}(?: {_CAPITAL})*")
_PLACE = rf"{_CAPITAL}(?: {_CAPITAL})*"
_NEAR = r"\b(?:in|at|near|from|to|for|of)\s+"
_PLACES = re.compile(rf"{_NEAR}({_PLACE}(?:, {_PLACE})*,? (?:and|or) {_PLACE})")
_ONE_PLACE = re.compile(rf"{_NEAR}({_PLACE}(?:, {_PLACE})?)")
_BETWEEN = re.compile(r",? (?:and|or) |, ")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://[^\s'\"<>)]+")
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?)?"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|[Tt]omorrow|[Tt]oday"
)
_TOPIC = re.compile(r"\b(?:about|on)\s+([^,.;:!?\n]+)")
_OPENING = frozenset(OPENING_WORDS.split())
_WORDS = {
    "name": frozenset(NAME_WORDS.split()),
    "place": frozenset(PLACE_WORDS.split()),
    "topic": frozenset(TOPIC_WORDS.split()),
    "when": frozenset(WHEN_WORDS.split()),
}


def spotters_for(kind: str, field: str) -> list[Spotter]:
    """What to look for to fill a field of this JSON type and name, the surest first."""
    if kind in ("integer", "number"):
        return [spot_numbers]
    if kind != "string":
        return []
    words = {word.removesuffix("s") for word in split_name(field)}
    spotters: list[Spotter] = []
    if "email" in words:
        spotters.append(spot_emails)
    if words & {"url", "uri", "link", "href", "website"}:
        spotters.append(spot_urls)
    if words & _WORDS["when"]:
        spotters.append(spot_dates)
    spotters.append(spot_quoted)
    if words & _WORDS["place"]:
        spotters += (spot_places, spot_names)
    if words & _WORDS["name"]:
        spotters.append(spot_names)
    if words & _WORDS["topic"]:
        spotters.append(spot_topics)
    return spotters


def spot_quoted(text: str) -> Iterator[Spotted]:
    """What stands in quotes of any kind, not between two quotes; what ends with a colon announces another."""
    found = _spot(QUOTED, text)
    return ((start, value) for start, value in found if value == value.strip() and value[-1] != ":")


def spot_numbers(text: str) -> Iterator[Spotted]:
    """Numbers that are no part of a word."""
    return _spot(_NUMBER, text)


def spot_names(text: str) -> Iterator[Spotted]:
    """Words with a capital, those left out that only begin a sentence."""
    for start, value in _spot(_NAME, text):
        skipped, name = _skip_opening(value)
        if name:
            yield start + skipped, name


def spot_places(text: str) -> Iterator[Spotted]:
    """Names after in, at, to …: each of "Rome, Paris and Oslo", but "Austin, Texas" as one."""
    listed: set[int] = set()
    for match in _PLACES.finditer(text):
        at = match.start(1)
        listed.add(at)
        for value in _BETWEEN.split(match.group(1)):
            yield text.index(value, at), value
            at = text.index(value, at) + len(value)
    for start, value in _spot(_ONE_PLACE, text):
        if start not in listed:
            yield start, value


def spot_emails(text: str) -> Iterator[Spotted]:
    return _spot(_EMAIL, text)


def spot_urls(text: str) -> Iterator[Spotted]:
    return _spot(_URL, text)


def spot_dates(text: str) -> Iterator[Spotted]:
    """Dates in ISO form, and days by name."""
    return _spot(_DATE, text)


def spot_topics(text: str) -> Iterator[Spotted]:
    """What follows "about", up to the next mark."""
    return ((start, value.strip()) for start, value in _spot(_TOPIC, text))


def split_name(name: str) -> list[str]:
    """The words of a field's name, in lower case: customerName, customer_name → customer, name."""
    return [word.lower() for word in re.findall(r"[A-Z]?[^\W_A-Z]+|[A-Z]+(?![a-z])", name)]


def _spot(pattern: re.Pattern[str], text: str) -> Iterator[Spotted]:
    for match in pattern.finditer(text):
        group = match.lastindex or 0
        yield match.start(group), match.group(group)


def _skip_opening(value: str) -> tuple[int, str]:
    """The value without the common words it begins with, and how many characters they took."""
    skipped = 0
    while value and value.split(" ", 1)[0].lower() in _OPENING:
        first, blank, value = value.partition(" ")
        skipped += len(first) + len(blank)
    return skipped, value

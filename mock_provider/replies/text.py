"""Text as the provider's tokens: generated, cut, counted.  Pure.

A token here is an estimate: a short word with the blank before it, or a mark.  Joined, tokens give the text back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

import msgspec

CANARY = re.compile(r"cnry[0-9a-f]{12}")
_TOKEN = re.compile(r"\s*(?:[^\W_]{1,8}|(?:[^\w\s]|_){1,3})|\s+")
_FILLER = (
    " The answer follows from the question as it was asked, and every part of it is stated in plain words."
    " First comes what is known, then what can be said about it, and last what remains open."
    " Nothing here depends on chance: the same request gives the same answer again."
)
_encode = msgspec.json.encode


class Text(msgspec.Struct, frozen=True, dict=True):
    """A text in tokens."""

    pieces: tuple[str, ...]

    @cached_property
    def whole(self) -> str:
        return "".join(self.pieces)

    @cached_property
    def encoded(self) -> bytes:
        """As a JSON string."""
        return _encode(self.whole)

    @cached_property
    def encoded_pieces(self) -> list[bytes]:
        """Each token as a JSON string."""
        return [_encode(piece) for piece in self.pieces]


class JoinedText(Text, frozen=True, dict=True):
    """Two texts in a row, made from what is known of them; ``end`` is usually a shared one."""

    start: Text
    end: Text

    @cached_property
    def whole(self) -> str:
        return self.start.whole + self.end.whole

    @cached_property
    def encoded(self) -> bytes:
        return _encode("".join(self.start.pieces))[:-1] + self.end.encoded[1:]

    @cached_property
    def encoded_pieces(self) -> list[bytes]:
        return self.start.encoded_pieces + self.end.encoded_pieces


def join_texts(start: Text, end: Text) -> Text:
    """One text after the other."""
    return JoinedText(start.pieces + end.pieces, start, end)


def split_text(text: str) -> Text:
    """The text in tokens."""
    return Text(tuple(_TOKEN.findall(text)))


@lru_cache(maxsize=64)
def split_fixed_text(text: str) -> Text:
    """The same for a text that comes again and again: split and encoded once."""
    return split_text(text)


@lru_cache(maxsize=512)
def make_filler(token_count: int) -> Text:
    """Generated prose of so many tokens."""
    pieces = _TOKEN.findall(_FILLER)
    repeated = pieces * (token_count // len(pieces) + 1)
    return Text((repeated[0].lstrip(), *repeated[1:token_count]) if token_count else ())


def make_answer_text(token_count: int, canaries: Sequence[str]) -> Text:
    """Generated prose that repeats the canaries first, so that no limit cuts them off."""
    if not canaries:
        return make_filler(token_count)
    echoed = tuple(f"{canary} " for canary in canaries)
    return join_texts(Text(echoed), make_filler(max(token_count - len(echoed), 0)))


def find_canaries(text: str) -> list[str]:
    """Every distinct canary, in order of first appearance."""
    if "cnry" not in text:
        return []
    found: list[str] = CANARY.findall(text)
    return found if len(found) < 2 else list(dict.fromkeys(found))


def count_tokens(text: str) -> int:
    """About how many tokens a text has: a quarter of its bytes.  The text itself is not looked at."""
    length = len(text) if text.isascii() else len(text.encode(errors="replace"))
    return (length + 3) // 4


def cut_at_stop(text: Text, stops: Sequence[str]) -> Text:
    """The text before the first of the stop sequences."""
    whole = text.whole
    ends = [at for at in (whole.find(stop) for stop in stops if stop) if at >= 0]
    return split_text(whole[: min(ends)]) if ends else text

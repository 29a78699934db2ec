"""One answer, ready for the wire: plain body and stream, each made only when it is asked for.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import msgspec

_MASK = (1 << 64) - 1


class ReplyIds(msgspec.Struct, frozen=True, kw_only=True):
    """What makes one answer distinct from the next: equal ids and requests give equal bytes."""

    ordinal: int  # of the request, from 0
    seed: int = 0
    created: int = 0  # Unix time in seconds

    @property
    def token(self) -> str:
        """24 hex digits, different for every ordinal (splitmix64, the ordinal appended)."""
        x = ((self.ordinal + 1) * 0x9E3779B97F4A7C15 + self.seed * 0xBF58476D1CE4E5B9) & _MASK
        x = ((x ^ (x >> 30)) * 0x94D049BB133111EB) & _MASK
        return f"{x ^ (x >> 31):016x}{self.ordinal & 0xFFFFFFFF:08x}"


def no_events() -> list[bytes]:
    """The stream of an endpoint that has none."""
    return []


class Reply(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """An answer.  ``events[first_token_index : first_token_index + token_count]`` are what a pace applies to."""

    make_body: Callable[[], bytes]
    make_events: Callable[[], list[bytes]] = no_events
    model: str
    prompt_text: str
    prompt_tokens: int
    completion_tokens: int = 0
    first_token_index: int = 0
    token_count: int = 0  # 0 for endpoints that generate nothing
    tools_called: list[str] = []

    @cached_property
    def body(self) -> bytes:
        """The plain JSON answer."""
        return self.make_body()

    @cached_property
    def events(self) -> list[bytes]:
        """The event stream, one complete frame each, in order; empty where the endpoint has no stream."""
        return self.make_events()

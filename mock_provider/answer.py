"""What the provider is about to send, and when: the one thing faults change.  Pure: no socket, no clock.

Times are seconds after the service of the request began.  A plain answer has one piece, a streamed one a piece an
event.  The server puts it on the wire; the respx router turns the same into a response or an exception.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Ending = Literal["complete", "hang", "reset", "close"]

JSON_TYPE = "application/json"
STREAM_TYPE = "text/event-stream; charset=utf-8"


class Answer(msgspec.Struct, kw_only=True):
    """Mutable on purpose: each fault that meets the request changes it in turn."""

    status: int = 200
    content_type: str = JSON_TYPE
    headers: dict[str, str] = {}  # beside those every answer has
    rate_lines: str = ""  # header lines that speak of the limits
    pieces: list[bytes]
    is_stream: bool = False  # chunked framing, and paced
    is_framed: bool = False  # the one piece is the whole body, chunked already
    content_length: int | None = None  # what a plain answer claims; None: the truth
    first_s: float = 0.0  # when head and the first `lead` pieces are sent
    lead: int = 1
    gap_s: float = 0.0  # between the pieces after `lead`, up to `paced`
    paced: int = 0  # pieces from here on follow the one before at once
    ending: Ending = "complete"  # anything else: what happens after the last piece instead of the end
    hang_s: float | None = None  # how long a hang lasts before the connection is closed; None: for ever
    partial: tuple[int, bytes] | None = None  # a last piece cut short: its full length, what is sent of it
    head_bytes: int | None = None  # only so much of the head is sent, and none of the body
    sends_head: bool = True
    service_s: float = 0.0  # time the plan asked for, of the whole answer
    fault: str | None = None  # kind of the rule that decided it; of the first timing rule when none did
    rule: str | None = None
    is_decided: bool = False  # not what it would have been; False: at most its timing is

    @property
    def total_s(self) -> float:
        """When the last piece is sent."""
        if not self.gap_s:
            return self.first_s
        return self.first_s + self.gap_s * max(0, min(self.paced, len(self.pieces)) - self.lead)


def plain_answer(body: bytes, *, first_s: float) -> Answer:
    """One body, sent whole."""
    return Answer(pieces=[body], first_s=first_s)


def unpaced_stream(framed: bytes, *, first_s: float) -> Answer:
    """All events at once, as a body in chunks."""
    return Answer(content_type=STREAM_TYPE, pieces=[framed], is_stream=True, is_framed=True, first_s=first_s)


def stream_answer(
    events: list[bytes], *, first_token: int, tokens: int, first_s: float, gap_s: float
) -> Answer:
    """Events paced from the first token to the last; what comes before and after them does not wait."""
    return Answer(
        content_type=STREAM_TYPE,
        pieces=events,
        is_stream=True,
        first_s=first_s,
        lead=first_token + 1,
        gap_s=gap_s,
        paced=first_token + tokens,
    )


def cut_after_chunks(answer: Answer, count: int) -> None:
    """Keep so many pieces; what is left of the answer is dropped."""
    if answer.content_length is None and not answer.is_stream:
        answer.content_length = sum(map(len, answer.pieces))
    answer.pieces = answer.pieces[:count]


def cut_after_bytes(answer: Answer, count: int) -> None:
    """Keep so many bytes of the body; a piece cut in the middle is left half sent."""
    if answer.content_length is None and not answer.is_stream:
        answer.content_length = sum(map(len, answer.pieces))
    kept: list[bytes] = []
    left = count
    for piece in answer.pieces:
        if len(piece) > left:
            answer.partial = (len(piece), piece[:left]) if left else None
            break
        kept.append(piece)
        left -= len(piece)
    answer.pieces = kept


def cut_head(answer: Answer, count: int) -> None:
    """Keep so many bytes of status line and headers, and nothing of the body."""
    answer.head_bytes = count
    answer.pieces = []
    answer.partial = None

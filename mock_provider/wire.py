"""Answers as bytes of HTTP/1.1.  Pure."""

from __future__ import annotations

from http import HTTPStatus

from mock_provider.answer import Answer
from mock_provider.limits import ORGANIZATION

_CLOSE = "\r\nconnection: close"
LAST_CHUNK = b"0\r\n\r\n"
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus}


def make_head(
    answer: Answer, *, date: str, request_id: str, processing_ms: int, keeps_alive: bool, is_chunked: bool
) -> bytes:
    """Status line and headers, with those every answer of the provider has."""
    if is_chunked:
        body = "\r\ntransfer-encoding: chunked"
    elif answer.is_stream:
        body = ""
    else:
        length, pieces = answer.content_length, answer.pieces
        if length is None:
            length = len(pieces[0]) if len(pieces) == 1 else sum(map(len, pieces))
        body = f"\r\ncontent-length: {length}"
    more = (
        "".join([f"{name}: {value}\r\n" for name, value in answer.headers.items()]) if answer.headers else ""
    )
    return (
        f"{_STATUS_LINES.get(answer.status) or f'HTTP/1.1 {answer.status} Unknown'}\r\ndate: {date}"
        f"\r\ncontent-type: {answer.content_type}{body}{'' if keeps_alive else _CLOSE}"
        f"\r\nopenai-organization: {ORGANIZATION}\r\nopenai-processing-ms: {processing_ms}"
        f"\r\nopenai-version: 2020-10-01\r\nx-request-id: {request_id}\r\n{more}{answer.rate_lines}\r\n"
    ).encode("latin-1", "replace")


def frame(data: bytes, *, is_chunked: bool) -> bytes:
    """Part of a body, as one chunk where it is chunked."""
    return b"%x\r\n%b\r\n" % (len(data), data) if is_chunked and data else data


def frame_partial(partial: tuple[int, bytes], *, is_chunked: bool) -> bytes:
    """A piece cut short: chunked, its size line still promises all of it."""
    length, data = partial
    return b"%x\r\n%b" % (length, data) if is_chunked else data


def frame_whole(data: bytes) -> bytes:
    """A body of one chunk, and its end."""
    return frame(data, is_chunked=True) + LAST_CHUNK


def unframe(framed: bytes) -> bytes:
    """The body of one chunk, as `frame_whole` made it."""
    return framed[framed.index(b"\r\n") + 2 : -len(LAST_CHUNK) - 2]

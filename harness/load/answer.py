"""An HTTP/1.1 answer as its bytes arrive.  Pure: is fed bytes and times, reads no socket and no clock."""

from __future__ import annotations

import httptools

from harness.load.token_times import TokenTimes

EVENT_STREAM = b"text/event-stream"


class BrokenAnswerError(Exception):
    """The answer is no HTTP, or the connection ended within it."""


class Answer:
    """Status, headers and body of one answer.

    times: taken of the parts of the body when the request asked for it; None else.
    """

    def __init__(self, *, is_streamed: bool) -> None:
        self.headers: dict[bytes, bytes] = {}  # names in lower case
        self.body = bytearray()
        self.is_complete = False
        self.keeps_alive = False  # complete, and the connection may be used again
        self.has_begun = False  # a byte has arrived
        self.times: TokenTimes | None = None
        self._is_streamed = is_streamed
        self._headers_complete = False
        self._at_s = 0.0
        self._parser = httptools.HttpResponseParser(self)

    @property
    def status(self) -> int | None:
        """None before the headers are complete."""
        return self._parser.get_status_code() if self._headers_complete else None

    def feed(self, data: bytes, at_s: float) -> None:
        """The next bytes; none at all means that the peer has closed.  Raises BrokenAnswerError."""
        self._at_s = at_s
        if not data:
            self._end()
            return
        self.has_begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise BrokenAnswerError(f"not HTTP: {error}") from error

    def _end(self) -> None:
        if not self.has_begun:
            raise BrokenAnswerError("connection closed without an answer")
        is_chunked = b"chunked" in self.headers.get(b"transfer-encoding", b"")
        if not self._headers_complete or is_chunked or b"content-length" in self.headers:
            raise BrokenAnswerError("connection closed within the answer")
        self.is_complete = True  # HTTP/1.0 style: the end of the connection is the end of the body

    # ---- called by the parser ----

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        if self._parser.get_status_code() < 200:  # interim: the answer is still to come
            self.headers.clear()
            return
        self._headers_complete = True
        if self._is_streamed:
            is_events = self.headers.get(b"content-type", b"").startswith(EVENT_STREAM)
            self.times = TokenTimes(is_events=is_events)

    def on_body(self, data: bytes) -> None:
        self.body += data
        if self.times is not None:
            self.times.feed(data, self._at_s)

    def on_message_complete(self) -> None:
        self.is_complete = self._headers_complete
        self.keeps_alive = self.is_complete and self._parser.should_keep_alive()  # known only here

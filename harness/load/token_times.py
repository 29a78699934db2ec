"""When the tokens of a streamed answer arrived, and how the stream ended.  Pure."""

from __future__ import annotations

from statistics import median

TOKEN_EVENTS = (b"", b"message", b"data")  # names of events that carry output; LangServe's are "data"
EMPTY_OUTPUTS = frozenset((b'""', b"null", b"{}", b"[]"))
EMPTY_CONTENT = (b'"content":""', b'"content": ""')
DONE = b"[DONE]"


class TokenTimes:
    """Times of the parts of one streamed body.

    In an event stream a token is an event with output.  Those before the first that says something do not count: a
    model's first chunk carries its role and no text.  In any other body a token is what arrived at once.
    """

    def __init__(self, *, is_events: bool) -> None:
        self.arrivals_s: list[float] = []
        self.ended = False  # the stream said that it is over
        self.error_data: bytes | None = None  # of an event named "error"
        self._is_events = is_events
        self._rest = b""
        self._event = b""
        self._data: list[bytes] = []

    @property
    def first_s(self) -> float | None:
        return self.arrivals_s[0] if self.arrivals_s else None

    @property
    def last_s(self) -> float | None:
        return self.arrivals_s[-1] if self.arrivals_s else None

    @property
    def gaps_s(self) -> list[float]:
        """Between tokens; empty with fewer than two."""
        return [b - a for a, b in zip(self.arrivals_s, self.arrivals_s[1:], strict=False)]

    @property
    def gap_p50_s(self) -> float | None:
        return median(self.gaps_s) if len(self.arrivals_s) > 1 else None

    @property
    def gap_max_s(self) -> float | None:
        return max(self.gaps_s, default=None)

    def feed(self, data: bytes, at_s: float) -> None:
        """The next bytes of the body."""
        if not self._is_events:
            self.arrivals_s.append(at_s)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take_line(line.rstrip(b"\r"), at_s)

    def _take_line(self, line: bytes, at_s: float) -> None:
        if line.startswith(b"data:"):
            self._data.append(line[5:].strip())
        elif line.startswith(b"event:"):
            self._event = line[6:].strip()
        elif not line:
            self._take_event(self._event, b"\n".join(self._data), at_s)
            self._event, self._data = b"", []

    def _take_event(self, name: bytes, data: bytes, at_s: float) -> None:
        if name == b"error":
            self.error_data = data
        elif name == b"end" or data == DONE:
            self.ended = True
        elif name in TOKEN_EVENTS and data and (self.arrivals_s or not _is_empty(data)):
            self.arrivals_s.append(at_s)


def _is_empty(data: bytes) -> bool:
    return data in EMPTY_OUTPUTS or any(mark in data for mark in EMPTY_CONTENT)

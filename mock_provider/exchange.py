"""One request being answered: from its last byte to the end of the answer.  In the provider's process.

Deadlines are absolute: a token is due at the start of service plus its place times the gap, however late the one before
it was, so streams do not drift and the provider's own work is not added to the plan's time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_provider.answer import Answer
from mock_provider.openai_errors import error_answer, usual_error
from mock_provider.records import AttemptOutcome
from mock_provider.serving import Serving
from mock_provider.wheel import EARLY_MS
from mock_provider.wire import LAST_CHUNK, frame, frame_partial, make_head, unframe

if TYPE_CHECKING:
    from mock_provider.connection import Connection
    from mock_provider.server import Server

FLUSH_S = 0.02  # between the last bytes and a reset, which would otherwise overtake them
EARLY_S = (EARLY_MS + 0.1) / 1000  # the wheel's rounding, and what floats may be off by


class Exchange(Serving, kw_only=True, eq=False):
    """Begin it with ``begin``; it ends by itself, or with ``client_gone`` or ``stop``."""

    server: Server
    connection: Connection
    wakes_ms: int = 0  # see Wheel
    sent: int = 0  # pieces of the answer
    is_chunked: bool = False

    # ---- from request to answer

    def begin(self) -> None:
        """Decide what becomes of the request, and answer what can be answered now."""
        server = self.server
        created = server.unix_time(self.incoming.received_s)
        entry = self.enter(server.engine, created=created, start=self._start_after_queue)
        if entry == "started":
            self._schedule()
        elif entry == "refused":
            self._send_head()
            self._end(self.outcome)

    def _start_after_queue(self) -> None:
        try:
            self.start(self.server.engine, time.monotonic())
            self._schedule()
        except Exception:  # the edge: a defect of ours must not take the other requests with it
            self.server.exchange_failed(self)

    def _schedule(self) -> None:
        """Send the answer when it is due."""
        answer, started_s = self.answer, self.started_s
        assert answer is not None and started_s is not None
        now_s = time.monotonic()
        due_s = started_s + answer.first_s
        if due_s <= now_s:
            self._open(now_s)
        else:
            self.server.wheel.sleep(self, due_s, self._open)

    def wake(self, then: Callable[[float], None], now_s: float) -> None:
        """Time has come, says the wheel."""
        try:
            then(now_s)
        except Exception:  # the edge, as above
            self.server.exchange_failed(self)

    # ---- from answer to wire

    def _open(self, now_s: float) -> None:
        answer = self.answer
        assert answer is not None
        if answer.sends_head:
            self._send_head()
        if self.sent == len(answer.pieces) or answer.head_bytes is not None:
            self._finish(answer)
        else:
            self._continue(now_s)

    def _send_head(self) -> None:
        """The head, and with it as much of the body as is due at once."""
        answer, incoming, server = self.answer, self.incoming, self.server
        asked = incoming.head
        assert answer is not None
        now_s = time.monotonic()
        self.is_chunked = is_chunked = answer.is_stream and not asked.is_http_1_0
        is_complete = answer.ending == "complete"
        head = make_head(
            answer,
            date=server.date,
            request_id=f"{server.request_prefix}{self.ordinal:016x}",
            processing_ms=int((now_s - incoming.received_s) * 1000),
            keeps_alive=asked.keeps_alive and is_complete,
            is_chunked=is_chunked,
        )
        if answer.head_bytes is not None:
            self.connection.write(head[: answer.head_bytes])
            return
        self.status = answer.status
        pieces = answer.pieces
        self.sent = sent = min(answer.lead, len(pieces)) if answer.gap_s else len(pieces)
        if asked.method == "HEAD":
            self.connection.write(head)
            return
        if sent:
            self.first_byte_s = now_s
        if answer.is_framed:
            self.connection.write_all((head, pieces[0] if is_chunked else unframe(pieces[0])))
            return
        head += frame(pieces[0] if sent == 1 else b"".join(pieces[:sent]), is_chunked=is_chunked)
        if is_chunked and sent == len(pieces) and is_complete:
            head += LAST_CHUNK
        self.connection.write(head)

    def _continue(self, now_s: float) -> None:
        """Send what is due, then wait for the next piece."""
        answer, sent = self.answer, self.sent
        assert answer is not None and self.started_s is not None
        count = len(answer.pieces)
        paced = answer.paced if answer.paced < count else count
        gap_s = answer.gap_s
        if sent < paced:
            first_s = self.started_s + answer.first_s
            due = answer.lead + int((now_s + EARLY_S - first_s) / gap_s)
            if due < paced:
                if due > sent:
                    self._send_until(due, now_s)
                    sent = due
                next_s = first_s + (sent - answer.lead + 1) * gap_s
                self.server.wheel.sleep(self, next_s, self._continue)
                return
        self._send_until(count, now_s)
        if self.is_chunked and answer.ending == "complete":
            self.connection.write(LAST_CHUNK)
        self._finish(answer)

    def _send_until(self, end: int, now_s: float) -> None:
        answer, sent = self.answer, self.sent
        if answer is None or end <= sent:
            return
        if self.first_byte_s is None:
            self.first_byte_s = now_s
        piece = answer.pieces[sent] if end == sent + 1 else b"".join(answer.pieces[sent:end])
        self.connection.write(frame(piece, is_chunked=self.is_chunked))
        self.sent = end

    def _finish(self, answer: Answer) -> None:
        """All is sent."""
        if answer.ending == "complete" and answer.head_bytes is None:
            self._end("fault" if answer.is_decided else "ok")
        else:
            self._strike(answer)

    def _strike(self, answer: Answer) -> None:
        """The answer is cut short here."""
        if answer.partial is not None:
            self.connection.write(frame_partial(answer.partial, is_chunked=self.is_chunked))
        now_s = time.monotonic()
        if answer.ending == "hang":
            if answer.hang_s is not None:
                self.server.wheel.sleep(self, now_s + answer.hang_s, self._close)
        elif answer.ending == "reset" and answer.sends_head:
            self.server.wheel.sleep(self, now_s + FLUSH_S, self._reset)
        elif answer.ending == "reset":
            self._reset(now_s)
        else:
            self._close(now_s)

    def _reset(self, now_s: float) -> None:
        self.connection.exchange = None  # what the connection reports from here on is our own doing
        self.connection.reset()
        self._end("fault")

    def _close(self, now_s: float) -> None:
        self.connection.exchange = None  # as above
        self.connection.close()
        self._end("fault")

    # ---- the end

    def client_gone(self) -> None:
        """The client closed before the answer was complete."""
        self._end("client_gone")

    def stop(self) -> None:
        """The provider stops: written down as open."""
        self._end("open")

    def fail(self) -> None:
        """A defect of the provider itself: an error if nothing was sent yet, else a closed connection."""
        if self.status is None:
            self.answer = error_answer(500, *usual_error(500)[:2])
            self.answer.fault = "defect"
            self._send_head()
            self._end("fault")
        else:
            self._close(time.monotonic())

    def _end(self, outcome: AttemptOutcome) -> None:
        server, connection = self.server, self.connection
        if self.wakes_ms:
            server.wheel.cancel(self)
        self.outcome = outcome
        self.end_s = end_s = time.monotonic()
        server.exchange_ended(self)
        if self.holds_slot or self.waits:
            self.leave(server.engine, self._start_after_queue)
        if connection.exchange is self:
            # A stream without chunks, for HTTP/1.0, ends with the connection.
            asked = self.incoming.head
            is_bare = asked.is_http_1_0 and self.answer is not None and self.answer.is_stream
            connection.exchange_ended(end_s, keeps_alive=asked.keeps_alive and not is_bare)

"""One request being answered: from its last byte to the end of the answer.  In the provider's process.

Deadlines are absolute: a token is due at the start of service plus its place times the gap, however late the one before
it was, so streams do not drift and the provider's own work is not added to the plan's time.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from mock_provider.answer import Answer
from mock_provider.engine import Fate
from mock_provider.incoming import Incoming
from mock_provider.limits import Refusal, told_wait_s
from mock_provider.openai_errors import error_answer, usual_error
from mock_provider.reading import ReadRequest, name_endpoint, read_request
from mock_provider.records import Attempt, AttemptOutcome
from mock_provider.replies import ReplyIds, RequestRefusedError
from mock_provider.routes import UNPACED
from mock_provider.wire import LAST_CHUNK, frame, frame_partial, make_head

if TYPE_CHECKING:
    from mock_provider.connection import Connection
    from mock_provider.server import Server

FLUSH_S = 0.02  # between the last bytes and a reset, which would otherwise overtake them
EARLY_S = 0.0005  # timers tick in milliseconds; a piece due within half of one is due


class Exchange:
    """Begin it with ``begin``; it ends by itself, or with ``client_gone`` or ``stop``."""

    __slots__ = (
        "_answer", "_connection", "_fate", "_first_byte_s", "_holds_slot", "_in_flight", "_incoming", "_ordinal",
        "_rate_headers", "_request", "_sent", "_server", "_started_s", "_status", "_timer", "_waits",
    )  # fmt: skip

    def __init__(self, server: Server, connection: Connection, incoming: Incoming, ordinal: int) -> None:
        self._server = server
        self._connection = connection
        self._incoming = incoming
        self._ordinal = ordinal
        self._in_flight = server.statistics.in_flight
        self._request: ReadRequest | None = None
        self._answer: Answer | None = None
        self._fate: Fate | None = None
        self._rate_headers: dict[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._holds_slot = False
        self._waits = False
        self._started_s: float | None = None
        self._first_byte_s: float | None = None
        self._status: int | None = None
        self._sent = 0

    # ---- from request to answer

    def begin(self) -> None:
        """Read the request and decide what becomes of it."""
        engine = self._server.engine
        ids = ReplyIds(ordinal=self._ordinal, seed=engine.plan.seed, created=self._server.wall_clock())
        try:
            self._request = request = read_request(self._incoming, engine, ids, in_flight=self._in_flight)
        except RequestRefusedError as error:
            answer = error_answer(error.status, error.message, error.type, param=error.param, code=error.code)
            self._refuse(Refusal(answer=answer, outcome="refused"))
            return
        self._incoming.body = b""  # thousands may hang; what is needed of it is known now
        if request.facts.endpoint in UNPACED:
            self._start(self._incoming.received_s)
            return
        refusal, self._rate_headers = engine.admit(request.facts, self._incoming.received_s)
        if refusal is not None:
            self._refuse(refusal)
            return
        entry = engine.slots.enter(self._start_after_queue)
        if entry == "started":
            self._holds_slot = True
            self._start(self._incoming.received_s)  # our own work costs nothing
        elif entry == "full":
            self._refuse(engine.refuse_full())
        else:
            self._waits = True

    def _start_after_queue(self) -> None:
        self._waits, self._holds_slot = False, True
        self._start(time.monotonic())

    def _start(self, start_s: float) -> None:
        """Service begins."""
        request = self._request
        assert request is not None
        self._started_s = start_s
        answer, self._fate = self._server.engine.answer(
            request.reply, request.facts, request.behaviour, start_s
        )
        answer.headers |= self._rate_headers
        self._answer = answer
        due_s = start_s + answer.first_s
        if due_s <= time.monotonic():
            self._open()
        else:
            self._timer = self._server.loop.call_at(due_s, self._open)

    def _refuse(self, refusal: Refusal) -> None:
        answer = refusal.answer
        answer.headers |= self._rate_headers
        self._answer = answer
        self._send_head()
        self._end(refusal.outcome)

    # ---- from answer to wire

    def _open(self) -> None:
        answer = self._answer
        assert answer is not None
        self._timer = None
        if answer.sends_head:
            self._send_head()
            if answer.head_bytes is not None:
                self._strike()
                return
        self._continue()

    @property
    def _is_chunked(self) -> bool:
        return self._answer is not None and self._answer.is_stream and not self._incoming.is_http_1_0

    @property
    def _keeps_alive(self) -> bool:
        assert self._answer is not None
        return self._incoming.keeps_alive and not (self._incoming.is_http_1_0 and self._answer.is_stream)

    def _send_head(self) -> None:
        """The head; with it as much of the body as is due at once."""
        answer = self._answer
        assert answer is not None
        now_s = time.monotonic()
        is_chunked = self._is_chunked
        head = make_head(
            answer,
            date=self._server.date(),
            request_id=self._server.request_id(self._ordinal),
            processing_ms=round((now_s - self._incoming.received_s) * 1000),
            keeps_alive=self._keeps_alive and answer.ending == "complete",
            is_chunked=is_chunked,
        )
        if answer.head_bytes is not None:
            self._connection.write(head[: answer.head_bytes])
            return
        self._status = answer.status
        self._sent = sent = len(answer.pieces) if not answer.gap_s else min(answer.lead, len(answer.pieces))
        if self._incoming.method == "HEAD":
            self._connection.write(head)
        elif sent:
            self._first_byte_s = now_s
            body = frame(answer.pieces[:sent], is_chunked=is_chunked)
            self._connection.write(head + body)
        else:
            self._connection.write(head)

    def _continue(self) -> None:
        """Send what is due, then wait for the next piece; after the last one, end as the answer does."""
        answer, started_s = self._answer, self._started_s
        assert answer is not None and started_s is not None
        count = len(answer.pieces)
        paced = min(answer.paced, count)
        while self._sent < paced:
            first_due_s = started_s + answer.first_s
            ahead = (time.monotonic() + EARLY_S - first_due_s) / answer.gap_s
            due = min(paced, answer.lead + int(ahead))
            if due > self._sent:
                self._send_until(due)
            if self._sent < paced:
                next_s = first_due_s + (self._sent - answer.lead + 1) * answer.gap_s
                self._timer = self._server.loop.call_at(next_s, self._continue)
                return
        self._timer = None
        if self._sent < count:
            self._send_until(count)
        self._strike() if answer.ending != "complete" else self._complete()

    def _send_until(self, end: int) -> None:
        assert self._answer is not None
        if self._first_byte_s is None:
            self._first_byte_s = time.monotonic()
        self._connection.write(frame(self._answer.pieces[self._sent : end], is_chunked=self._is_chunked))
        self._sent = end

    def _complete(self) -> None:
        assert self._fate is not None
        if self._is_chunked:
            self._connection.write(LAST_CHUNK)
        self._end("fault" if self._fate.is_decided else "ok")

    def _strike(self) -> None:
        """The answer is cut short here."""
        answer = self._answer
        assert answer is not None
        if answer.partial is not None:
            self._connection.write(frame_partial(answer.partial, is_chunked=self._is_chunked))
        if answer.ending == "hang":
            if answer.hang_s is not None:
                self._timer = self._server.loop.call_later(answer.hang_s, self._cut, "close")
        elif answer.ending == "reset" and answer.sends_head:
            self._timer = self._server.loop.call_later(FLUSH_S, self._cut, "reset")
        else:
            self._cut(answer.ending)

    def _cut(self, how: str) -> None:
        connection = self._connection
        connection.exchange = None  # what the connection reports from here on is our own doing
        if how == "reset":
            connection.reset()
        else:
            connection.close()
        self._end("fault")

    # ---- the end

    def client_gone(self) -> None:
        """The client closed before the answer was complete."""
        self._release("client_gone")

    def stop(self) -> None:
        """The provider stops: written down as open."""
        self._release("open")

    def fail(self) -> None:
        """A defect of the provider itself: an error if nothing was sent yet, else a closed connection."""
        if self._status is None:
            self._refuse(Refusal(answer=error_answer(500, *usual_error(500)[:2]), outcome="fault"))
        else:
            self._cut("close")

    def _end(self, outcome: AttemptOutcome) -> None:
        keeps_alive = self._keeps_alive
        self._release(outcome)
        if self._connection.exchange is self:
            self._connection.exchange_ended(keeps_alive=keeps_alive)

    def _release(self, outcome: AttemptOutcome) -> None:
        """Give back slot and timer, and write the attempt down.  The slot goes last: it starts another exchange."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._server.exchange_ended(self, self._make_attempt(outcome))
        if self._holds_slot:
            self._holds_slot = False
            self._server.engine.slots.leave()
        elif self._waits:
            self._waits = False
            self._server.engine.slots.give_up(self._start_after_queue)

    def _make_attempt(self, outcome: AttemptOutcome) -> Attempt:
        now_s = time.monotonic()
        incoming, fate, started_s = self._incoming, self._fate, self._started_s
        queue_end_s = started_s if started_s is not None else now_s if self._waits else incoming.received_s
        request = self._request
        known = {} if request is None else request.known(is_served=started_s is not None)
        return Attempt(
            ordinal=self._ordinal,
            endpoint=name_endpoint(incoming) if request is None else request.facts.endpoint,
            received_s=incoming.received_s,
            end_s=None if outcome == "open" else now_s,
            outcome=outcome,
            status=self._status,
            trace_id=incoming.trace_id,
            connection=self._connection.ordinal,
            connection_request=incoming.connection_request,
            first_byte_s=self._first_byte_s,
            injected_s=0.0 if fate is None else fate.service_s,
            achieved_s=None if started_s is None or outcome == "open" else now_s - started_s,
            queued_s=queue_end_s - incoming.received_s,
            in_flight=self._in_flight,
            fault=None if fate is None else fate.fault,
            rule=None if fate is None else fate.rule,
            read_timeout_s=incoming.number(b"x-stainless-read-timeout"),
            retry_after_s=None if self._answer is None or not self._status else told_wait_s(self._answer),
            **known,
        )

"""One request being answered: from its last byte to the end of the answer.  In the provider's process.

Deadlines are absolute: a token is due at the start of service plus its place times the gap, however late the one before
it was, so streams do not drift and the provider's own work is not added to the plan's time.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from mock_provider.answer import Answer
from mock_provider.conditions import Facts
from mock_provider.engine import Request
from mock_provider.incoming import Incoming
from mock_provider.limits import Refusal, told_wait_s
from mock_provider.openai_errors import error_answer, usual_error
from mock_provider.reading import name_endpoint, read_request
from mock_provider.records import Attempt, AttemptOutcome
from mock_provider.replies import ReplyIds, RequestRefusedError
from mock_provider.routes import UNPACED
from mock_provider.wire import LAST_CHUNK, frame, frame_partial, make_head

if TYPE_CHECKING:
    from mock_provider.connection import Connection
    from mock_provider.server import Server

FLUSH_S = 0.02  # between the last bytes and a reset, which would otherwise overtake them
_NOTHING = Facts(ordinal=0, endpoint="")  # of a request that was refused
EARLY_S = 0.0005  # timers tick in milliseconds; a piece due within half of one is due


class Exchange(msgspec.Struct, kw_only=True, eq=False):
    """Begin it with ``begin``; it ends by itself, or with ``client_gone`` or ``stop``."""

    server: Server
    connection: Connection
    incoming: Incoming
    ordinal: int
    in_flight: int  # requests open when it came, this one included
    request: Request | None = None
    answer: Answer | None = None
    rate_lines: str = ""
    timer: asyncio.TimerHandle | None = None
    holds_slot: bool = False
    waits: bool = False
    started_s: float | None = None  # when service began
    first_byte_s: float | None = None
    status: int | None = None
    sent: int = 0  # pieces of the answer
    outcome: AttemptOutcome = "open"
    end_s: float = 0.0

    # ---- from request to answer

    def begin(self) -> None:
        """Read the request and decide what becomes of it."""
        engine = self.server.engine
        ids = ReplyIds(ordinal=self.ordinal, seed=engine.plan.seed, created=self.server.wall_clock())
        try:
            self.request = request = read_request(self.incoming, engine, ids, in_flight=self.in_flight)
        except RequestRefusedError as error:
            answer = error_answer(error.status, error.message, error.type, param=error.param, code=error.code)
            self._refuse(Refusal(answer=answer, outcome="refused"))
            return
        self.incoming.body = b""  # thousands may hang; what is needed of it is known now
        if request.facts.endpoint in UNPACED:
            self._start(self.incoming.received_s)
            return
        refusal, self.rate_lines = engine.admit(request.facts, self.incoming.received_s)
        if refusal is not None:
            self._refuse(refusal)
            return
        entry = engine.slots.enter(self._start_after_queue)
        if entry == "started":
            self.holds_slot = True
            self._start(self.incoming.received_s)  # our own work costs nothing
        elif entry == "full":
            self._refuse(engine.refuse_full())
        else:
            self.waits = True

    def _start_after_queue(self) -> None:
        self.waits, self.holds_slot = False, True
        self._start(time.monotonic())

    def _start(self, start_s: float) -> None:
        """Service begins."""
        request = self.request
        assert request is not None
        self.started_s = start_s
        self.answer = answer = self.server.engine.answer(request, start_s)
        answer.rate_lines = self.rate_lines
        due_s = start_s + answer.first_s
        if not answer.first_s or due_s <= time.monotonic():
            self._open()
        else:
            self.timer = self.server.loop.call_at(due_s, self._open)

    def _refuse(self, refusal: Refusal) -> None:
        answer = refusal.answer
        answer.rate_lines = self.rate_lines
        self.answer = answer
        self._send_head()
        self._end(refusal.outcome)

    # ---- from answer to wire

    def _open(self) -> None:
        answer = self.answer
        assert answer is not None
        self.timer = None
        if answer.sends_head:
            self._send_head()
        if answer.head_bytes is not None:
            self._strike()
        elif self.sent < len(answer.pieces):
            self._continue()
        else:
            self._finish()

    @property
    def _is_chunked(self) -> bool:
        return self.answer is not None and self.answer.is_stream and not self.incoming.is_http_1_0

    def _send_head(self) -> None:
        """The head, and with it as much of the body as is due at once."""
        answer, incoming, server = self.answer, self.incoming, self.server
        assert answer is not None
        now_s = time.monotonic()
        is_chunked = answer.is_stream and not incoming.is_http_1_0
        head = make_head(
            answer,
            date=server.date(),
            request_id=server.request_id(self.ordinal),
            processing_ms=int((now_s - incoming.received_s) * 1000),
            keeps_alive=incoming.keeps_alive and answer.ending == "complete",
            is_chunked=is_chunked,
        )
        if answer.head_bytes is not None:
            self.connection.write(head[: answer.head_bytes])
            return
        self.status = answer.status
        pieces = answer.pieces
        self.sent = sent = min(answer.lead, len(pieces)) if answer.gap_s else len(pieces)
        if sent and incoming.method != "HEAD":
            self.first_byte_s = now_s
            head += frame(pieces if sent == len(pieces) else pieces[:sent], is_chunked=is_chunked)
            if is_chunked and sent == len(pieces) and answer.ending == "complete":
                head += LAST_CHUNK
        self.connection.write(head)

    def _continue(self) -> None:
        """Send what is due, then wait for the next piece."""
        answer, started_s = self.answer, self.started_s
        assert answer is not None and started_s is not None
        count = len(answer.pieces)
        paced = min(answer.paced, count)
        if self.sent < paced:
            first_due_s = started_s + answer.first_s
            ahead = (time.monotonic() + EARLY_S - first_due_s) / answer.gap_s
            due = min(paced, answer.lead + int(ahead))
            if due < paced:
                self._send_until(due)
                next_s = first_due_s + (due - answer.lead + 1) * answer.gap_s
                self.timer = self.server.loop.call_at(next_s, self._continue)
                return
        self.timer = None
        self._send_until(count)
        if self._is_chunked and answer.ending == "complete":
            self.connection.write(LAST_CHUNK)
        self._finish()

    def _send_until(self, end: int) -> None:
        answer = self.answer
        if answer is None or end <= self.sent:
            return
        if self.first_byte_s is None:
            self.first_byte_s = time.monotonic()
        self.connection.write(frame(answer.pieces[self.sent : end], is_chunked=self._is_chunked))
        self.sent = end

    def _finish(self) -> None:
        """All is sent."""
        assert self.answer is not None
        if self.answer.ending != "complete":
            self._strike()
        else:
            self._end("fault" if self.answer.is_decided else "ok")

    def _strike(self) -> None:
        """The answer is cut short here."""
        answer = self.answer
        assert answer is not None
        if answer.partial is not None:
            self.connection.write(frame_partial(answer.partial, is_chunked=self._is_chunked))
        if answer.ending == "hang":
            if answer.hang_s is not None:
                self.timer = self.server.loop.call_later(answer.hang_s, self._cut, "close")
        elif answer.ending == "reset" and answer.sends_head:
            self.timer = self.server.loop.call_later(FLUSH_S, self._cut, "reset")
        else:
            self._cut(answer.ending)

    def _cut(self, how: str) -> None:
        connection = self.connection
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
        if self.status is None:
            answer = error_answer(500, *usual_error(500)[:2])
            answer.fault = "defect"
            self._refuse(Refusal(answer=answer, outcome="fault"))
        else:
            self._cut("close")

    def _end(self, outcome: AttemptOutcome) -> None:
        self._release(outcome)
        if self.connection.exchange is self:
            # A stream without chunks, for HTTP/1.0, ends with the connection.
            is_bare = self.answer is not None and self.answer.is_stream and self.incoming.is_http_1_0
            self.connection.exchange_ended(keeps_alive=self.incoming.keeps_alive and not is_bare)

    def _release(self, outcome: AttemptOutcome) -> None:
        """Give back slot and timer.  The slot goes last: it starts another exchange."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.outcome, self.end_s = outcome, time.monotonic()
        self.server.exchange_ended(self)
        if self.holds_slot:
            self.holds_slot = False
            self.server.engine.slots.leave()
        elif self.waits:
            self.server.engine.slots.give_up(self._start_after_queue)

    def make_attempt(self) -> Attempt:
        """For the ledger, when it has ended."""
        outcome, end_s = self.outcome, self.end_s
        incoming, answer, request, started_s = self.incoming, self.answer, self.request, self.started_s
        facts = _NOTHING if request is None else request.facts
        draft = None if request is None else request.draft
        reply = None if draft is None else draft.reply
        received_s = incoming.received_s
        queue_end_s = started_s if started_s is not None else end_s if self.waits else received_s
        is_served = started_s is not None
        return Attempt(
            ordinal=self.ordinal,
            endpoint=facts.endpoint or name_endpoint(incoming),
            received_s=received_s,
            end_s=None if outcome == "open" else end_s,
            outcome=outcome,
            status=self.status,
            trace_id=incoming.trace_id,
            connection=self.connection.ordinal,
            connection_request=incoming.connection_request,
            model=facts.model or None,
            stream=facts.stream,
            first_byte_s=self.first_byte_s,
            injected_s=0.0 if answer is None else answer.service_s,
            achieved_s=None if started_s is None or outcome == "open" else end_s - started_s,
            queued_s=queue_end_s - received_s,
            in_flight=self.in_flight,
            fault=None if answer is None else answer.fault,
            rule=None if answer is None else answer.rule,
            retry_count=facts.retry_count,
            read_timeout_s=incoming.number(b"x-stainless-read-timeout"),
            retry_after_s=told_wait_s(answer)
            if answer is not None and answer.headers and self.status
            else None,
            prompt_tokens=None if reply is None else reply.prompt_tokens,
            completion_tokens=reply.completion_tokens if reply is not None and is_served else None,
            prompt_chars=None if reply is None else len(reply.prompt_text),
            prompt_hash=facts.body_hash or None,
            canaries=[] if draft is None else draft.canaries,
            tools_called=reply.tools_called if reply is not None and is_served else [],
        )

"""What there is to know of one request, from arrival to end.  Pure; server and router drive it each in its own way."""

from __future__ import annotations

from typing import Literal

import msgspec

from mock_provider.answer import Answer
from mock_provider.capacity import Starter
from mock_provider.engine import Engine, Request
from mock_provider.incoming import Incoming
from mock_provider.limits import Refusal, told_wait_s
from mock_provider.openai_errors import error_answer
from mock_provider.reading import name_endpoint, read_request
from mock_provider.records import Attempt, AttemptOutcome
from mock_provider.replies import RequestRefusedError

Entry = Literal["started", "queued", "refused"]


class Serving(msgspec.Struct, kw_only=True, eq=False):
    """Filled in as it goes; what is still missing at the end is missing in the ledger."""

    ordinal: int
    incoming: Incoming
    in_flight: int  # requests open when it came, this one included
    connection_ordinal: int = 0
    request: Request | None = None
    answer: Answer | None = None
    waits: bool = False  # for a slot
    started_s: float | None = None  # when service began
    first_byte_s: float | None = None
    status: int | None = None
    rate_lines: str = ""
    holds_slot: bool = False
    outcome: AttemptOutcome = "open"
    end_s: float = 0.0

    def enter(self, engine: Engine, *, created: int, start: Starter) -> Entry:
        """Decide what becomes of the request.  Its answer is there afterwards, unless it is queued.

        created: Unix time, for the answer.  start: called when a queued request has its slot; it has to call `start`.
        """
        incoming = self.incoming
        try:
            self.request = request = read_request(
                incoming, engine, ordinal=self.ordinal, created=created, in_flight=self.in_flight
            )
        except RequestRefusedError as error:
            answer = error_answer(error.status, error.message, error.type, param=error.param, code=error.code)
            return self._refuse(Refusal(answer=answer, outcome="refused"))
        incoming.body = b""  # thousands may hang; what is needed of it is known now
        if request.draft.is_unpaced:
            return self.start(engine, incoming.received_s)
        refusal, self.rate_lines = engine.limiter.admit(request, incoming.received_s)
        if refusal is not None:
            return self._refuse(refusal)
        entry = engine.slots.enter(start)
        if entry == "full":
            return self._refuse(engine.refuse_full())
        self.waits = self.holds_slot = True
        return self.start(engine, incoming.received_s) if entry == "started" else "queued"

    def start(self, engine: Engine, start_s: float) -> Entry:
        """Service begins.  Without a queue that is when the request was there: our own work is part of it."""
        assert self.request is not None
        self.waits = False
        self.started_s = start_s
        self.answer = engine.answer(self.request, start_s)
        self.answer.rate_lines = self.rate_lines
        return "started"

    def leave(self, engine: Engine, start: Starter) -> None:
        """Give back the slot, or the place in the queue.  Last of all: it starts another request."""
        if self.waits:
            engine.slots.give_up(start)
        elif self.holds_slot:
            self.holds_slot = False
            engine.slots.leave()

    def _refuse(self, refusal: Refusal) -> Entry:
        self.outcome = refusal.outcome
        self.answer = refusal.answer
        self.answer.rate_lines = self.rate_lines
        return "refused"

    def make_attempt(self) -> Attempt:
        """For the ledger, when it has ended."""
        outcome, end_s, started_s = self.outcome, self.end_s, self.started_s
        incoming, answer = self.incoming, self.answer
        head = incoming.head
        draft = None if self.request is None else self.request.draft
        reply = None if draft is None else draft.reply
        received_s = incoming.received_s
        queue_end_s = started_s if started_s is not None else end_s if self.waits else received_s
        served = reply if started_s is not None and self.status is not None and self.status < 400 else None
        is_open = outcome == "open"
        has_headers = answer is not None and answer.headers and self.status
        # By position: more than fifteen keywords go through a dict, which takes longer than all the rest of this.
        return Attempt(
            self.ordinal,
            name_endpoint(head) if draft is None else draft.endpoint,
            received_s,
            None if is_open else end_s,
            outcome,
            self.status,
            head.trace_id,
            self.connection_ordinal,
            incoming.connection_request,
            (reply.model or None) if reply is not None else None,
            draft is not None and draft.is_stream,
            self.first_byte_s,
            0.0 if answer is None else answer.service_s,
            None if started_s is None or is_open else end_s - started_s,
            queue_end_s - received_s,
            self.in_flight,
            None if answer is None else answer.fault,
            None if answer is None else answer.rule,
            head.retry_count if draft is not None else None,
            head.read_timeout_s,
            told_wait_s(answer) if answer is not None and has_headers else None,
            None if reply is None else reply.prompt_tokens,
            None if served is None else served.completion_tokens,
            None if reply is None else len(reply.prompt_text),
            None if draft is None else draft.body_hash or None,
            [] if draft is None else draft.canaries,
            [] if served is None else served.tools_called,
        )

"""What the provider writes down of every request it got: a line of provider.jsonl.

Times are floats of seconds on CLOCK_MONOTONIC.  An attempt is one provider call; retries are attempts of their own.
"""

from __future__ import annotations

from typing import Literal

import msgspec

AttemptOutcome = Literal[
    "ok",  # answered as planned, whole
    "rate_limited",  # 429 from a limit
    "overloaded",  # 429 or 503 from the capacity model
    "refused",  # 4xx: the request itself was wrong
    "fault",  # an injected fault, see `fault`
    "client_gone",  # the client closed before the answer was complete
    "open",  # still unanswered when the provider stopped
]


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request.  Written when it ends; what was still open is written when the provider stops."""

    ordinal: int  # of the request, from 0, in order of arrival
    endpoint: str  # chat.completions, embeddings, models, …
    received_s: float
    end_s: float | None  # None: still open when the provider stopped
    outcome: AttemptOutcome
    status: int | None = None  # None: no status line was sent
    trace_id: str | None = None  # from traceparent
    connection: int = 0  # ordinal of the connection
    connection_request: int = 0  # the how manieth request on it, from 0
    model: str | None = None
    stream: bool = False
    first_byte_s: float | None = None  # of the body, when it was sent
    injected_s: float = 0.0  # service time the plan asked for, queueing left out
    achieved_s: float | None = None  # service time as it came out, queueing left out
    queued_s: float = 0.0  # waited for a slot of the capacity model
    in_flight: int = 0  # requests open at arrival, this one included
    fault: str | None = None  # kind of the injected fault
    rule: str | None = None  # the plan's rule that chose it
    retry_count: int | None = None  # x-stainless-retry-count: 0 is a first try
    read_timeout_s: float | None = None  # x-stainless-read-timeout; None: the client waits for ever
    retry_after_s: float | None = None  # what a 429 or 503 told the client to wait
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_chars: int | None = None
    prompt_hash: str | None = None  # of the request body: equal ones are the same call made again
    canaries: list[str] = []  # canaries found in the prompt
    tools_called: list[str] = []  # names of the tools the answer calls

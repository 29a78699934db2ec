"""The records that cross between the stages of a run.  Core: knows no process, reads no file.

Every time is a float of seconds on CLOCK_MONOTONIC, which all processes of one machine share.  A missing value is
None, never 0.  The provider's own record, ``Attempt``, lives with the provider in ``mock_provider.records``.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from harness.step_orders import Purpose

SampleOutcome = Literal["ok", "error", "timeout", "censored"]
InvocationOutcome = Literal["ok", "error", "hung", "cancelled"]


class Frame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a stack, outermost first in a list of them."""

    file: str
    line: int
    function: str
    code: str | None = None  # the source line, stripped; None when the source cannot be read
    is_user: bool = (
        False  # in the user's own code, not in an installed package, the standard library or chainload
    )


class Sample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request as the load generator saw it: a line of samples.jsonl."""

    trace_id: str
    step: int  # index of the step in the run, from 0
    user: int  # from 0, unique over all workers
    sequence: int  # request number of this user, from 0 over the whole run
    due_s: float  # when it should have started: in a closed loop, when the user became free
    start_s: float
    end_s: float | None  # None: still in flight when the step was cut off
    outcome: SampleOutcome
    status: int | None = None  # HTTP status; None when there was no answer
    error: str | None = None  # "TypeOfError: first line of the message"
    first_chunk_s: float | None = None  # streaming: when the first token arrived
    last_chunk_s: float | None = None
    chunk_count: int | None = None
    chunk_gap_p50_s: float | None = None  # between tokens
    chunk_gap_max_s: float | None = None


class StepOpen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step of a running invocation that had begun and not ended."""

    name: str
    kind: str  # chain, llm, tool, retriever, parser, prompt, node
    start_s: float


class Invocation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The same request as the target saw it: a line of invocations.jsonl.  Its id is the trace id."""

    trace_id: str
    step: int | None  # None outside steps (the first trial call)
    user: int
    sequence: int
    mode: str
    start_s: float
    end_s: float
    outcome: InvocationOutcome
    error: str | None = None
    error_stack: list[Frame] = []
    open_steps: list[StepOpen] = []  # hung or cancelled: outermost first
    stack: list[
        Frame
    ] = []  # hung or cancelled: where it waited, outermost first; into the thread it waits for
    stack_taken_s: float | None = None
    canaries_seen: list[str] = []  # canaries found in its answer
    answered_s: float | None = None  # apps: when the answer was complete; work may go on after it until end_s


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to the run as a whole: a line of events.jsonl."""

    at_s: float
    kind: str  # see EVENT_KINDS
    step: int | None = None
    users: int | None = None
    message: str | None = None  # for people
    data: dict[str, Any] = {}


EVENT_KINDS = {
    "run_started": "the load process has begun; data: wall_clock (ISO 8601)",
    "mock_ready": "the provider answers; data: port, pid",
    "target_ready": "the target answers; data: port, pid, kind, description",
    "step_started": "users of this step start sending; data: purpose, hold_s (planned), arrivals_per_s, note",
    "step_ended": "no new requests from here on; data: in_flight",
    "step_drained": "nothing is in flight any more; data: drained, censored, cancelled, waited_s",
    "target_restarted": "the target stopped answering, or did not drain, and was started anew; message: why",
    "probes_compared": "what the probes cost was measured, or why not; data: reason, slices (TrialSlice)",
    "egress_refused": "the target tried to reach another host; data: host, port; stack: user frames",
    "notice": "something the user should know; message",
    "failed": "the run cannot go on; message; data: exit_code, part (target, mock, load)",
    "interrupted": "the user stopped the run",
    "run_ended": "the last record; data: completed (bool)",
}


class TrialSlice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A short time of load after the last step, with the probes in or out: in ``data`` of the event that compares."""

    probes_on: bool
    users: int
    start_s: float
    end_s: float
    cpu_s: float  # of the target's process, what the probes had to write included
    ok_count: int
    failed_count: int = 0

    @property
    def answers_per_s(self) -> float:
        return self.ok_count / (self.end_s - self.start_s)


class GeneratorHealth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How busy a load-generating process was during one step: a line of generator.jsonl."""

    step: int
    worker: int  # 0 for a single process
    start_s: float
    end_s: float
    cpu_ratio: float  # CPU seconds of this process per second of wall time
    lag_p95_s: float | None  # how late its own timers fire
    in_flight_max: int | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A live reading, about twice a second: a line of progress.jsonl.  For screens only."""

    at_s: float
    step: int
    step_count: int
    users: int
    remaining_s: float | None  # of the whole run, as planned
    in_flight: int
    throughput_per_s: float | None  # good completions over the last few seconds
    p50_s: float | None
    p95_s: float | None
    ok_count: int
    error_count: int
    rate_limited_count: int | None  # 429s the provider has sent so far
    phase: str  # starting, hold, draining
    purpose: Purpose = "ladder"
    note: str | None = None  # why this step, in a few words
    is_open_ended: bool = False  # steps may still be added, or left out: the time left is a bound

"""The streams of a run as columns: samples, invocations, provider attempts.  Reads files; judges nothing.

A field that no judgement asks for is no column: a million of each is what takes the time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from harness.records import Invocation, InvocationOutcome, Sample, SampleOutcome
from mock_provider.records import Attempt, AttemptOutcome
from reports.columns import (
    NO_LABEL,
    Codes,
    Columns,
    Floats,
    Ids,
    Integers,
    Labels,
    Words,
    flag_column,
    float_column,
    id_column,
    integer_column,
    joined_column,
    key_column,
    label_column,
    number_ids,
    read_columns,
    words_column,
)

SAMPLE_OUTCOMES: tuple[str, ...] = get_args(SampleOutcome)
INVOCATION_OUTCOMES: tuple[str, ...] = get_args(InvocationOutcome)
ATTEMPT_OUTCOMES: tuple[str, ...] = get_args(AttemptOutcome)
MOST_STUCK_KEPT = 1000  # invocations whose stacks are kept; more say nothing new
CHUNK_TIMES = ("first_chunk_s", "chunk_gap_p50_s", "chunk_gap_max_s")
STUCK: tuple[str, ...] = ("hung", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples(Columns):
    """samples.jsonl.  ``outcome`` holds codes into SAMPLE_OUTCOMES, ``error`` into ``errors``."""

    trace_id: Ids
    step: Integers
    user: Integers
    sequence: Integers
    due_s: Floats
    start_s: Floats
    end_s: Floats  # NaN: still in flight when the step was cut off
    outcome: Codes
    status: Integers
    error: Codes
    first_chunk_s: Floats
    chunk_count: Integers
    chunk_gap_p50_s: Floats
    chunk_gap_max_s: Floats
    errors: tuple[str, ...]

    @property
    def is_ok(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.asarray(self.outcome == SAMPLE_OUTCOMES.index("ok"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocations(Columns):
    """invocations.jsonl, without stacks.  ``outcome`` holds codes into INVOCATION_OUTCOMES."""

    trace_id: Ids
    trace_key: Integers  # equal for equal ids: numbers sort many times faster; -1: no id
    step: Integers
    user: Integers
    sequence: Integers
    start_s: Floats
    end_s: Floats
    outcome: Codes
    canaries: Words  # found in the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts(Columns):
    """provider.jsonl.  ``outcome`` holds codes into ATTEMPT_OUTCOMES, ``fault`` into ``faults``, and so on."""

    trace_id: Ids
    trace_key: Integers  # as of invocations
    received_s: Floats
    end_s: Floats  # NaN: open when the provider stopped
    outcome: Codes
    status: Integers
    fault: Codes
    injected_s: Floats
    achieved_s: Floats
    queued_s: Floats
    retry_count: Integers
    read_timeout_s: Floats
    retry_after_s: Floats
    connection: Integers
    connection_request: Integers
    prompt_tokens: Integers
    prompt_chars: Integers
    prompt_key: Integers  # equal for equal requests; -1: unknown
    is_stream: NDArray[np.bool_]
    canaries: Words  # found in the prompt
    endpoint: Codes
    tools: Codes  # names of the tools the answer calls
    faults: tuple[str, ...]
    endpoints: tuple[str, ...]
    tool_names: tuple[str, ...]

    def is_outcome(self, outcome: AttemptOutcome) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.asarray(self.outcome == ATTEMPT_OUTCOMES.index(outcome))


def read_samples(path: Path) -> Samples:
    errors = Labels()
    columns = read_columns(
        path,
        Sample,
        {
            "trace_id": id_column("trace_id"),
            **{name: integer_column(name) for name in ("step", "user", "sequence", "status", "chunk_count")},
            **{name: float_column(name) for name in ("due_s", "start_s", "end_s", *CHUNK_TIMES)},
            "outcome": label_column("outcome", Labels(SAMPLE_OUTCOMES)),
            "error": label_column("error", errors),
        },
    )
    return Samples(**columns, errors=errors.words)


def read_attempts(path: Path) -> Attempts | None:
    if not path.is_file():
        return None
    faults, endpoints, tools = Labels(), Labels(), Labels()
    integers = (
        "status", "retry_count", "connection", "connection_request", "prompt_tokens", "prompt_chars",
    )  # fmt: skip
    floats = (
        "received_s", "end_s", "injected_s", "achieved_s", "queued_s", "read_timeout_s", "retry_after_s",
    )  # fmt: skip
    columns = read_columns(
        path,
        Attempt,
        {
            "trace_id": id_column("trace_id"),
            **{name: integer_column(name) for name in integers},
            **{name: float_column(name) for name in floats},
            "outcome": label_column("outcome", Labels(ATTEMPT_OUTCOMES)),
            "fault": label_column("fault", faults),
            "endpoint": label_column("endpoint", endpoints),
            "prompt_key": key_column("prompt_hash"),
            "is_stream": flag_column("stream"),
            "canaries": words_column("canaries"),
            "tools": joined_column("tools_called", tools),
        },
    )
    return Attempts(
        **columns,
        trace_key=number_ids(columns["trace_id"]),
        faults=faults.words,
        endpoints=endpoints.words,
        tool_names=tools.words,
    )


def read_invocations(path: Path) -> tuple[Invocations, tuple[Invocation, ...]]:
    """All invocations as columns, and the stuck ones whole."""
    columns = read_columns(
        path,
        Invocation,
        {
            "trace_id": id_column("trace_id"),
            **{name: integer_column(name) for name in ("step", "user", "sequence")},
            **{name: float_column(name) for name in ("start_s", "end_s")},
            "outcome": label_column("outcome", Labels(INVOCATION_OUTCOMES)),
            "canaries": words_column("canaries_seen"),
        },
    )
    is_stuck = np.isin(columns["outcome"], [INVOCATION_OUTCOMES.index(outcome) for outcome in STUCK])
    invocations = Invocations(**columns, trace_key=number_ids(columns["trace_id"]))
    return invocations, tuple(_read_stuck(path)) if is_stuck.any() else ()


def _read_stuck(path: Path) -> Iterator[Invocation]:
    """Those with a stack, read once more: they are few, and their lines are long."""
    marks = [f'"{outcome}"'.encode() for outcome in STUCK]
    decoder = msgspec.json.Decoder(Invocation)
    count = 0
    with path.open("rb") as file:
        for line in file:
            if not any(mark in line for mark in marks):
                continue
            with contextlib.suppress(msgspec.DecodeError):  # torn by a crash or a full disk
                invocation = decoder.decode(line)
                if invocation.outcome in STUCK:
                    yield invocation
                    count += 1
            if count == MOST_STUCK_KEPT:
                return


def bare_samples(start_s: Floats, end_s: Floats, is_ok: NDArray[np.bool_]) -> Samples:
    """Samples of which only times and success are known, as of a step measured by something else."""
    count = len(start_s)
    unknown, none = np.full(count, np.nan), np.full(count, -1, np.int64)
    outcome = np.where(is_ok, SAMPLE_OUTCOMES.index("ok"), SAMPLE_OUTCOMES.index("error")).astype(np.int32)
    return Samples(
        trace_id=np.full(count, b"", "S32"),
        step=none,
        user=none,
        sequence=none,
        due_s=start_s,
        start_s=start_s,
        end_s=end_s,
        outcome=outcome,
        status=none,
        error=np.full(count, NO_LABEL, np.int32),
        first_chunk_s=unknown,
        chunk_count=none,
        chunk_gap_p50_s=unknown,
        chunk_gap_max_s=unknown,
        errors=(),
    )

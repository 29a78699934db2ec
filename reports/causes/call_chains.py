"""Provider calls of each invocation as a series: how many, whether they repeat, whether they came to an end.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reports.causes.situation import Situation
from reports.tables import INVOCATION_OUTCOMES, Attempts

UNENDED = ("hung", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChain:
    """One invocation's first tries, in order; retries of the client are not calls of the chain."""

    trace_id: str
    count: int
    widest: int  # of them at a time
    same_prompt: int  # the most often that one request was made
    same_tool: int  # the most answers in a row that called the same tools
    tool: str | None  # that tool
    ends_with_tool: bool  # the last answer still called a tool
    last_s: float  # when the last one was received
    outcome: str | None  # of the invocation; None: not recorded
    start_s: float | None
    end_s: float | None

    @property
    def depth(self) -> float:
        """Rounds: calls made side by side are one."""
        return self.count / max(self.widest, 1)

    @property
    def is_unended(self) -> bool:
        return self.outcome in UNENDED or self.outcome is None


def read_call_chains(situation: Situation) -> list[CallChain]:
    """Of every invocation that called the provider; empty without a ledger."""
    attempts = situation.dataset.attempts
    if attempts is None:
        return []
    wanted = (attempts.trace_id != b"") & (attempts.retry_count <= 0)
    own = attempts.take(wanted)
    own = own.take(np.lexsort((own.received_s, own.trace_id)))
    _, starts = np.unique(own.trace_id, return_index=True)
    ends = [*starts[1:].tolist(), len(own)]
    invocations = _invocations(situation)
    return [
        _make_chain(own.take(slice(first, last)), invocations)
        for first, last in zip(starts.tolist(), ends, strict=True)
    ]


def _invocations(situation: Situation) -> Mapping[bytes, tuple[str, float, float]]:
    table = situation.dataset.invocations
    rows = zip(
        table.trace_id.tolist(),
        table.outcome.tolist(),
        table.start_s.tolist(),
        table.end_s.tolist(),
        strict=True,
    )
    return {trace: (INVOCATION_OUTCOMES[outcome], start_s, end_s) for trace, outcome, start_s, end_s in rows}


def _make_chain(calls: Attempts, invocations: Mapping[bytes, tuple[str, float, float]]) -> CallChain:
    trace_id = bytes(calls.trace_id[0])
    outcome, start_s, end_s = invocations.get(trace_id, (None, None, None))
    known = calls.prompt_key[calls.prompt_key >= 0].tolist()
    tool, run = _longest_run(calls.tools.tolist())
    return CallChain(
        trace_id=trace_id.decode(),
        count=len(calls),
        widest=_widest(calls),
        same_prompt=max(Counter(known).values(), default=0),
        same_tool=run,
        tool=calls.tool_names[tool] if tool >= 0 else None,
        ends_with_tool=bool(calls.tools[-1] >= 0),
        last_s=float(calls.received_s[-1]),
        outcome=outcome,
        start_s=start_s,
        end_s=end_s,
    )


def _widest(calls: Attempts) -> int:
    ends = np.sort(np.nan_to_num(calls.end_s, nan=np.inf))
    begun = np.arange(1, len(calls) + 1)
    return int(np.max(begun - np.searchsorted(ends, calls.received_s, side="right")))


def _longest_run(codes: list[int]) -> tuple[int, int]:
    best, best_run, run, last = -1, 0, 0, -1
    for code in codes:
        run = run + 1 if code == last and code >= 0 else int(code >= 0)
        last = code
        if run > best_run:
            best, best_run = code, run
    return best, best_run

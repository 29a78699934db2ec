"""Provider calls of each invocation as a series: how many, whether they repeat, whether they came to an end.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.causes.situation import Situation
from reports.columns import Floats
from reports.tables import INVOCATION_OUTCOMES, Attempts

Rows = NDArray[np.intp]
LONG = 5  # calls; fewer are no loop, however they repeat
OK = 200
UNENDED = ("hung", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChain:
    """One invocation's first tries, in order; what is asked again because it failed is no call of the chain."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChains:
    """Of every invocation that called the provider: the long ones whole, the short ones counted."""

    long: Sequence[CallChain]
    short_count: int

    @property
    def count(self) -> int:
        return len(self.long) + self.short_count


def read_call_chains(situation: Situation) -> CallChains:
    """Empty without a ledger."""
    attempts = situation.dataset.attempts
    if attempts is None:
        return CallChains(long=(), short_count=0)
    rows = _first_tries(attempts)
    _, invocation, counts = np.unique(attempts.trace_key[rows], return_inverse=True, return_counts=True)
    rows = rows[counts[invocation] >= LONG]
    rows = rows[np.lexsort((attempts.received_s[rows], attempts.trace_id[rows]))]
    ids, begins = np.unique(attempts.trace_id[rows], return_index=True)
    invocations = _invocations(situation, set(ids.tolist()))
    long = [
        _make_chain(attempts, own, invocations) for own in np.split(rows, begins[1:].tolist()) if len(own)
    ]
    return CallChains(long=long, short_count=int(np.sum(counts < LONG)))


def _first_tries(attempts: Attempts) -> Rows:
    """Neither tries that the client calls its second, nor the same request made once more after it failed."""
    rows = np.flatnonzero((attempts.trace_key >= 0) & (attempts.retry_count <= 0))
    failed = (~attempts.is_outcome("ok") & (attempts.status != OK))[rows]  # a slow answer is one
    suspects = np.flatnonzero(np.isin(attempts.trace_key[rows], attempts.trace_key[rows[failed]]))
    own = rows[suspects]
    trace, prompt = attempts.trace_key[own], attempts.prompt_key[own]
    order = np.lexsort((attempts.received_s[own], prompt, trace))
    before, here = order[:-1], order[1:]
    is_same = (trace[here] == trace[before]) & (prompt[here] == prompt[before]) & (prompt[here] >= 0)
    return np.delete(rows, suspects[here[is_same & failed[suspects[before]]]])


def _invocations(situation: Situation, wanted: set[bytes]) -> Mapping[bytes, tuple[str, float, float]]:
    if not wanted:
        return {}
    table = situation.dataset.invocations
    rows = [row for row, trace_id in enumerate(table.trace_id.tolist()) if trace_id in wanted]
    chosen = table.take(np.array(rows, np.intp))
    columns = (chosen.trace_id, chosen.outcome, chosen.start_s, chosen.end_s)
    values = zip(*(column.tolist() for column in columns), strict=True)
    return {
        trace: (INVOCATION_OUTCOMES[outcome], start_s, end_s) for trace, outcome, start_s, end_s in values
    }


def _make_chain(
    attempts: Attempts, rows: Rows, invocations: Mapping[bytes, tuple[str, float, float]]
) -> CallChain:
    trace_id = bytes(attempts.trace_id[rows[0]])
    outcome, start_s, end_s = invocations.get(trace_id, (None, None, None))
    keys = [key for key in attempts.prompt_key[rows].tolist() if key >= 0]
    tools = attempts.tools[rows].tolist()
    tool, run = _longest_run(tools)
    received_s = attempts.received_s[rows]
    return CallChain(
        trace_id=trace_id.decode(),
        count=len(rows),
        widest=_widest(received_s, attempts.end_s[rows]),
        same_prompt=max(Counter(keys).values(), default=0),
        same_tool=run,
        tool=attempts.tool_names[tool] if tool >= 0 else None,
        ends_with_tool=tools[-1] >= 0,
        last_s=float(received_s[-1]),
        outcome=outcome,
        start_s=start_s,
        end_s=end_s,
    )


def _widest(received_s: Floats, end_s: Floats) -> int:
    """received_s: ascending."""
    if len(received_s) == 1:
        return 1
    ended = np.searchsorted(np.sort(np.nan_to_num(end_s, nan=np.inf)), received_s, side="right")
    return int(np.max(np.arange(1, len(received_s) + 1) - ended))


def _longest_run(codes: list[int]) -> tuple[int, int]:
    """The code that came most often in a row, and how often; -1 stands for none."""
    best, best_run, run, last = -1, 0, 0, -1
    for code in codes:
        run = run + 1 if code == last and code >= 0 else int(code >= 0)
        last = code
        if run > best_run:
            best, best_run = code, run
    return best, best_run

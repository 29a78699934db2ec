"""The spans of a trace and the provider's ledger, joined into intervals of the timeline.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.probe_records import Span, Trace
from reports.attribution.state import TURN, TURNS, WAITS, Interval, State
from reports.columns import key_of
from reports.tables import Attempts

LEDGER = "provider"
WAITING_STEPS = ("tool", "retriever", "node")  # kinds of steps whose body may wait for what no probe sees
HAND_OVER_S = 0.001  # between the end of a wait for a thread and the begin of its run
SLEEPS = ("sleep", "backoff")
ROUNDED = 1.005  # lengths are written with three digits
EARLY_S = 0.005  # how much later than the provider a client may write down that it began


@dataclass(frozen=True, slots=True)
class Served:
    """One attempt as the provider saw it."""

    received_s: float
    end_s: float | None  # None: open when the provider stopped
    queued_s: float


class Ledger:
    """The provider's attempts by invocation."""

    def __init__(self, attempts: Attempts | None) -> None:
        self._attempts = attempts
        self._order = np.argsort(attempts.trace_key, kind="stable") if attempts is not None else None
        self._keys = attempts.trace_key[self._order] if attempts is not None else None

    def of(self, trace_id: str) -> list[Served]:
        """Oldest first; empty without a ledger."""
        if self._attempts is None or self._keys is None or self._order is None:
            return []
        key = key_of(trace_id)
        first, last = np.searchsorted(self._keys, key, "left"), np.searchsorted(self._keys, key, "right")
        rows = self._order[first:last]
        rows = rows[np.argsort(self._attempts.received_s[rows], kind="stable")]
        table = self._attempts
        return [
            Served(float(received), None if np.isnan(end) else float(end), float(queued))
            for received, end, queued in zip(
                table.received_s[rows], table.end_s[rows], table.queued_s[rows], strict=True
            )
        ]


def make_intervals(trace: Trace, served: Sequence[Served], *, end_s: float) -> list[Interval]:
    """All spans as intervals; those still open end at ``end_s``.

    An exchange with the provider counts from its arrival there to its end there: what lies before or after is nobody's
    wait, so the event loop or the unknown gets it.  Attempts that no span matches stand for themselves.
    """
    left = list(served)
    submitted = _submitters(trace.spans)
    intervals: list[Interval] = []
    for span in sorted(trace.spans, key=lambda span: span.start_s):
        until_s = end_s if span.end_s is None else span.end_s
        if span.kind == "provider":
            attempt = _take_matching(left, span.start_s, until_s)
            intervals += _provider_intervals(span, attempt, until_s)
            had_s = _connected_s(span, trace.spans, until_s)
            connection = State("connection", span.site, span.resource)
            intervals.append(Interval("connection", had_s, until_s, span.context, connection))
        else:
            state = _state_of(span)
            parent = _parent_of(span, submitted) if span.kind == "thread_run" else None
            if state is not None:
                kind = TURN if _is_turn(span) else span.kind
                until_s = min(until_s, _due_s(span))
                intervals.append(Interval(kind, span.start_s, until_s, span.context, state, parent))
    for number, attempt in enumerate(left, 1):
        until_s = end_s if attempt.end_s is None else attempt.end_s
        intervals += _split_queue(
            attempt.received_s, until_s, attempt.queued_s, -number, State("provider", -1, LEDGER)
        )
    return intervals


def _due_s(span: Span) -> float:
    """When a sleep was to end: how much later it did is the loop's doing.  Other spans have no such moment."""
    if span.kind not in SLEEPS or not span.detail:
        return float("inf")
    try:
        return span.start_s + float(span.detail) * ROUNDED
    except ValueError:  # another detail than a length
        return float("inf")


def _submitters(spans: Sequence[Span]) -> list[Span]:
    return [span for span in spans if span.kind == "executor_wait" and span.end_s is not None]


def _parent_of(run: Span, submitted: Sequence[Span]) -> int | None:
    """Who gave a pool this work: the wait that ended when a thread began with it.  None: it did not wait."""
    waits = [wait for wait in submitted if wait.resource == run.resource and wait.context != run.context]
    nearest = min(waits, key=lambda wait: abs((wait.end_s or 0.0) - run.start_s), default=None)
    if nearest is None or abs((nearest.end_s or 0.0) - run.start_s) > HAND_OVER_S:
        return None
    return nearest.context


def _is_turn(span: Span) -> bool:
    return span.kind == "lock_wait" and span.resource.partition(":")[0] in TURNS


def _state_of(span: Span) -> State | None:
    """None for what is no state of its own."""
    if span.kind == "thread_run":
        return State("thread", span.site, span.resource)
    if span.kind == "step":
        return (
            State("step", span.site, span.resource) if span.resource.split(":")[0] in WAITING_STEPS else None
        )
    return State(span.kind, span.site, span.resource) if span.kind in WAITS or span.kind == "hold" else None


def _connected_s(exchange: Span, spans: Sequence[Span], until_s: float) -> float:
    """When an exchange had its connection: after the wait for one, which is part of its span."""
    waits = [
        until_s if span.end_s is None else min(span.end_s, until_s)
        for span in spans
        if span.kind == "pool_wait"
        and span.context == exchange.context
        and exchange.start_s <= span.start_s < until_s
    ]
    return max(waits, default=exchange.start_s)


def _take_matching(left: list[Served], start_s: float, end_s: float) -> Served | None:
    for index, attempt in enumerate(left):
        if start_s - EARLY_S <= attempt.received_s <= end_s:
            return left.pop(index)
    return None


def _provider_intervals(span: Span, attempt: Served | None, until_s: float) -> Iterator[Interval]:
    state = State("provider", span.site, span.resource)
    if attempt is None:  # another service than the provider, or no ledger
        yield Interval("provider", span.start_s, until_s, span.context, state)
        return
    from_s = max(span.start_s, attempt.received_s)
    to_s = until_s if attempt.end_s is None else min(until_s, attempt.end_s)
    yield from _split_queue(from_s, to_s, attempt.queued_s, span.context, state)


def _split_queue(
    from_s: float, to_s: float, queued_s: float, context: int, state: State
) -> Iterator[Interval]:
    served_from_s = min(to_s, from_s + queued_s)
    if queued_s > 0:
        yield Interval(
            "provider_queue", from_s, served_from_s, context, state._replace(kind="provider_queue")
        )
    yield Interval("provider", served_from_s, to_s, context, state)

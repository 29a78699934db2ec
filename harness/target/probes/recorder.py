"""Keeps the spans of each invocation while it runs and hands them on when it ends.

Tasks, threads and child runs of an invocation find its trace in ``CURRENT_TRACE``; where there is none, nothing is
recorded.  Every operation here is on the chain's own path: an attribute, an append, no lock, no encoding.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from harness.probe_records import Span, Trace

MAX_SPANS = 400  # of one trace
MAX_TRACES_PER_S = 50  # written
SLOWEST_PER_S = 10  # of those, chosen for their length and not by chance
SHORTEST_S = 0.0002  # shorter waits are not worth their line
DETAILED_PER_S = 25  # traces a second with the steps of the run tree, which cost most

_now = time.monotonic
_running_loop = asyncio._get_running_loop
_thread_id = threading.get_ident


class OpenSpan:
    """A span that has begun."""

    __slots__ = ("context", "detail", "kind", "resource", "site", "start_s", "trace")

    def __init__(
        self, trace: OpenTrace, kind: str, site: int, resource: str, context: int, detail: str
    ) -> None:
        self.trace = trace
        self.kind = kind
        self.site = site
        self.resource = resource
        self.context = context
        self.detail = detail
        self.start_s = _now()
        trace.open_spans[id(self)] = self

    def close(self, *, cpu_s: float | None = None, shortest_s: float = SHORTEST_S) -> None:
        """It has ended; forgotten when it was too short to matter."""
        trace, end_s = self.trace, _now()
        if trace.open_spans.pop(id(self), None) is None:
            return
        if end_s - self.start_s >= shortest_s:
            trace.add(
                Span(
                    self.kind, self.site, self.start_s, end_s, self.context, self.resource, cpu_s, self.detail
                )
            )

    def drop(self) -> None:
        """It was nothing."""
        self.trace.open_spans.pop(id(self), None)


class OpenTrace:
    """One invocation while it runs."""

    __slots__ = (
        "counts",
        "dropped_count",
        "ended_s",
        "error",
        "has_steps",
        "is_cut",
        "open_spans",
        "owner",
        "spans",
        "start_s",
        "step",
        "steps",
        "tasks",
        "trace_id",
    )

    def __init__(self, trace_id: str, step: int | None, *, has_steps: bool, owner: Any = None) -> None:
        self.trace_id = trace_id
        self.step = step
        self.start_s = _now()
        self.ended_s: float | None = None
        self.has_steps = has_steps
        self.is_cut = False  # it did not end by itself
        self.owner = owner  # the host's own record of the invocation
        self.spans: list[Span] = []
        self.open_spans: dict[int, OpenSpan] = {}
        self.dropped_count = 0
        self.error: BaseException | None = None  # that it ended with
        self.tasks: list[tuple[Any, int]] = []  # weak references to tasks begun by user code, and where
        self.counts: dict[str, int] = {}  # of model calls, tool calls, …
        self.steps: Any = None  # the run tree's handler

    def add(self, span: Span) -> None:
        """Record a span that has ended."""
        if self.ended_s is not None:
            return
        if len(self.spans) < MAX_SPANS:
            self.spans.append(span)
        else:
            self.dropped_count += 1

    def begin(
        self, kind: str, site: int, resource: str = "", *, context: int | None = None, detail: str = ""
    ) -> OpenSpan:
        """Begin a span; it is known while it lasts, so that a trace cut short shows it."""
        return OpenSpan(self, kind, site, resource, context_id() if context is None else context, detail)

    def count(self, what: str) -> int:
        """How many times this has now happened in this invocation."""
        number = self.counts[what] = self.counts.get(what, 0) + 1
        return number


CURRENT_TRACE: ContextVar[OpenTrace | None] = ContextVar("chainload_trace", default=None)


def current_trace() -> OpenTrace | None:
    """The trace of the invocation on whose behalf this code runs; None once it has ended."""
    trace = CURRENT_TRACE.get()
    return trace if trace is not None and trace.ended_s is None else None


def context_id() -> int:
    """Tells parallel branches apart: the running task, else the thread."""
    loop = _running_loop()
    if loop is not None:
        task = asyncio.current_task(loop)
        if task is not None:
            return id(task) >> 4 & 0x3FFFFFFF
    return _thread_id() >> 8 & 0x3FFFFFFF


class Recorder:
    """Begins and ends traces, and chooses which are written."""

    def __init__(self, emit: Callable[[Trace], None], *, seed: int = 0) -> None:
        self.is_on = True
        self.open_count = 0
        self.on_begin: list[Callable[[OpenTrace], None]] = []
        self.on_end: list[Callable[[OpenTrace], None]] = []
        self._emit = emit
        self._random = random.Random(seed)
        self._finished: list[OpenTrace] = []
        self._detailed_in_second = (0, 0)

    def begin(self, trace_id: str, step: int | None = None, *, owner: Any = None) -> OpenTrace:
        """A new trace, current for this task and everything it starts."""
        trace = OpenTrace(trace_id, step, has_steps=self.is_on and self._take_detail(), owner=owner)
        if not self.is_on:
            trace.ended_s = trace.start_s
        CURRENT_TRACE.set(trace)
        if self.is_on:
            self.open_count += 1
            for call in self.on_begin:
                call(trace)
        return trace

    def end(self, trace: OpenTrace, *, is_cut: bool = False) -> None:
        """The invocation was answered.  is_cut: it was stuck, or was cancelled; always written then."""
        if trace.ended_s is not None:
            return
        self.open_count -= 1
        trace.is_cut = is_cut
        for call in self.on_end:
            call(trace)
        trace.ended_s = _now()
        self._finished.append(trace)

    def write(self) -> None:
        """Hand on what ended since the last call, about once a second: all of few, a fair share of many."""
        finished, self._finished = self._finished, []
        for trace, weight in choose(finished, self._random):
            self._emit(to_record(trace, weight))

    def _take_detail(self) -> bool:
        second = int(_now())
        known, count = self._detailed_in_second
        count = count + 1 if known == second else 1
        self._detailed_in_second = (second, count)
        return count <= DETAILED_PER_S


def choose(finished: list[OpenTrace], chance: random.Random) -> list[tuple[OpenTrace, float]]:
    """Which traces of a period are written, each with the number of traces it stands for.

    Those cut short and the slowest always; of the rest a random share.  Weights sum to the number of traces.
    """
    if len(finished) <= MAX_TRACES_PER_S:
        return [(trace, 1.0) for trace in finished]
    by_length = sorted(finished, key=lambda trace: trace.start_s - (trace.ended_s or trace.start_s))
    always = by_length[:SLOWEST_PER_S] + [trace for trace in by_length[SLOWEST_PER_S:] if trace.is_cut]
    rest = [trace for trace in by_length[SLOWEST_PER_S:] if not trace.is_cut]
    chosen = chance.sample(rest, min(len(rest), MAX_TRACES_PER_S - SLOWEST_PER_S))
    weight = len(rest) / len(chosen) if chosen else 1.0
    return [(trace, 1.0) for trace in always] + [(trace, weight) for trace in chosen]


def to_record(trace: OpenTrace, weight: float = 1.0) -> Trace:
    """The trace as it is written; spans still open have no end."""
    still_open = [
        Span(span.kind, span.site, span.start_s, None, span.context, span.resource, None, span.detail)
        for span in list(trace.open_spans.values())
        if trace.ended_s is None or span.start_s <= trace.ended_s
    ]
    return Trace(
        trace_id=trace.trace_id,
        step=trace.step,
        start_s=trace.start_s,
        end_s=trace.ended_s or _now(),
        spans=trace.spans + still_open,
        dropped_count=trace.dropped_count,
        weight=weight,
        has_steps=trace.has_steps,
    )

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
TRACES_PER_S = 40  # recorded; of more, a random share
SHORTEST_S = 0.0002  # shorter waits are not worth their line
STEPS_PER_S = 20  # of those, with the steps of the run tree, which cost most
BUSY_RATIO = 0.6  # of a processor, by the loop's thread: what recording takes there is missing to the chain
BUSY_TRACES_PER_S = 20
BUSY_STEPS_PER_S = 8

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

    def close(
        self, *, cpu_s: float | None = None, shortest_s: float = SHORTEST_S, end_s: float | None = None
    ) -> None:
        """It has ended; forgotten when it was too short to matter."""
        trace = self.trace
        if end_s is None:
            end_s = _now()
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
        "is_live",
        "left_open",
        "open_spans",
        "owner",
        "spans",
        "start_s",
        "step",
        "steps",
        "tasks",
        "trace_id",
        "weight",
    )

    def __init__(
        self,
        trace_id: str,
        step: int | None,
        *,
        has_steps: bool,
        owner: Any = None,
        is_recorded: bool = True,
        weight: float = 1.0,
    ) -> None:
        self.trace_id = trace_id
        self.step = step
        self.start_s = _now()
        self.ended_s: float | None = None
        self.is_live = is_recorded  # until it ends
        self.weight = weight
        self.has_steps = has_steps
        self.is_cut = False  # it did not end by itself
        self.owner = owner  # the host's own record of the invocation
        self.spans: list[Span] = []
        self.open_spans: dict[int, OpenSpan] = {}
        self.left_open: list[OpenSpan] = []  # when it ended
        self.dropped_count = 0
        self.error: BaseException | None = None  # that it ended with
        self.tasks: list[tuple[Any, int]] = []  # weak references to tasks begun by user code, and where
        self.counts: dict[str, int] = {}  # of model calls, tool calls, …
        self.steps: Any = None  # the run tree's handler

    def add(self, span: Span) -> None:
        """Record a span that has ended."""
        if not self.is_live:
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
_get_trace = CURRENT_TRACE.get


def current_trace() -> OpenTrace | None:
    """The trace of the invocation on whose behalf this code runs; None once it has ended, or is not recorded."""
    trace = _get_trace()
    return trace if trace is not None and trace.is_live else None


def context_id() -> int:
    """Tells parallel branches apart: the running task, else the thread."""
    loop = _running_loop()
    if loop is not None:
        task = asyncio.current_task(loop)
        if task is not None:
            return id(task) >> 4 & 0x3FFFFFFF
    return _thread_id() >> 8 & 0x3FFFFFFF


class Recorder:
    """Begins and ends traces, and chooses at their beginning which are recorded.

    Chosen by chance and not by order: users in lock-step would make the first of each second a kind of their own.
    """

    def __init__(self, emit: Callable[[Trace], None], *, seed: int = 0) -> None:
        self.is_on = True
        self.open_count = 0
        self.busy_ratio = 0.0  # of a processor that the busiest loop's thread uses, of late
        self.on_begin: list[Callable[[OpenTrace], None]] = []
        self.on_end: list[Callable[[OpenTrace], None]] = []
        self._emit = emit
        self._shares = Shares(seed)
        self._finished: list[OpenTrace] = []

    def begin(self, trace_id: str, step: int | None = None, *, owner: Any = None) -> OpenTrace:
        """A new trace, current for this task and everything it starts."""
        shares = self._shares.take(
            _now(), is_busy=self.busy_ratio > BUSY_RATIO
        )  # those that go unseen count, too: it is a share of all
        share, step_share = shares if self.is_on else (0.0, 0.0)
        trace = OpenTrace(
            trace_id,
            step,
            has_steps=step_share > 0.0,
            owner=owner,
            is_recorded=share > 0.0,
            weight=1.0 / share if share else 1.0,
        )
        CURRENT_TRACE.set(trace)
        self.open_count += 1
        if trace.is_live:
            for call in self.on_begin:
                call(trace)
        return trace

    def end(self, trace: OpenTrace, *, is_cut: bool = False) -> None:
        """The invocation was answered.  is_cut: it was stuck, or was cancelled."""
        if trace.ended_s is not None:
            return
        self.open_count -= 1
        trace.is_cut = is_cut
        if trace.is_live:
            for call in self.on_end:
                call(trace)
            self._finished.append(trace)
        trace.ended_s = _now()
        trace.is_live = False
        trace.left_open = list(trace.open_spans.values())

    def write(self) -> None:
        """Hand on what ended since the last call."""
        finished, self._finished = self._finished, []
        for trace in finished:
            self._emit(to_record(trace))


class Shares:
    """Which share of the traces is recorded, from how many began in the second before."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._second = 0
        self._count = 0
        self._rate = 0

    def take(self, now_s: float, *, is_busy: bool = False) -> tuple[float, float]:
        """Shares with which this trace was chosen to be recorded, and for its steps; 0: it was not."""
        traces_per_s, steps_per_s = (
            (BUSY_TRACES_PER_S, BUSY_STEPS_PER_S) if is_busy else (TRACES_PER_S, STEPS_PER_S)
        )
        second = int(now_s)
        if second != self._second:
            self._rate = self._count if second == self._second + 1 else 0
            self._second, self._count = second, 0
        self._count += 1
        rate = max(self._rate, self._count)
        if rate <= steps_per_s:
            return 1.0, 1.0
        chance = self._random.random()
        share, step_share = min(traces_per_s / rate, 1.0), steps_per_s / rate
        return (share if chance < share else 0.0), (step_share if chance < step_share else 0.0)


def to_record(trace: OpenTrace) -> Trace:
    """The trace as it is written; spans still open have no end."""
    still_open = [
        Span(span.kind, span.site, span.start_s, None, span.context, span.resource, None, span.detail)
        for span in trace.left_open
    ]
    return Trace(
        trace_id=trace.trace_id,
        step=trace.step,
        start_s=trace.start_s,
        end_s=trace.ended_s or _now(),
        spans=trace.spans + still_open,
        dropped_count=trace.dropped_count,
        weight=trace.weight,
        has_steps=trace.has_steps,
    )

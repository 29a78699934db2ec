"""What the probes write: lines of probes.jsonl, a tagged union.  Core: knows no process.

The target measures, the reports judge: a probe writes what happened and where, never what it means.  Times are seconds
on CLOCK_MONOTONIC.  Places in code are numbered once (``Site``) and referred to by number.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.records import Frame

SpanKind = Literal[
    "provider",  # an HTTP exchange with the provider: from the request on the wire to the end of the answer
    "backoff",  # asleep between two tries
    "pool_wait",  # waiting for a connection of an HTTP or database pool
    "connect",  # opening a connection, name look-up included
    "executor_wait",  # submitted to a thread pool, not begun
    "thread_run",  # running in a thread of a pool; cpu_s says how much of it computed
    "lock_wait",  # waiting for a lock, semaphore, condition or queue
    "hold",  # having what others wait for: a lock, a permit, a pooled connection; same resource as the wait
    "limiter_wait",  # waiting in a client-side rate limiter
    "step",  # a step of the run tree (tool, retriever, prompt, parser, node …); name says which
    "stream_consumer",  # between two chunks: the consumer or a callback holds the stream
    "sleep",  # asleep in the user's own code: polling, a limiter made by hand, simulated work
    "construct",  # building a client, a TLS context or a graph; resource says which
]


class Site(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="site"):
    """A place in code: the innermost user frame, then outwards; an empty stack when there is no user frame."""

    id: int
    stack: list[Frame]


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Part of an invocation spent in one way.  ``context`` tells parallel branches apart (task or thread)."""

    kind: str  # SpanKind
    site: int  # -1: unknown
    start_s: float
    end_s: float | None  # None: still open when the trace was written
    context: int = 0
    resource: str = ""  # "executor:default", "lock:12", "http_pool:3", "tool:search" …
    cpu_s: float | None = None  # of thread_run
    detail: str = ""  # provider: "status retry_count"; step: arguments' hash


class Trace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="trace"):
    """The spans of one invocation, written when it ends."""

    trace_id: str
    step: int | None
    start_s: float
    end_s: float
    spans: list[Span]
    dropped_count: int = 0  # spans beyond the bound of one trace
    weight: float = (
        1.0  # how many invocations it stands for: of more than some 40 a second, a random share is recorded
    )
    has_steps: bool = True  # False: `step` spans were not taken, so that a busy chain is not slowed


class Gauge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="gauge"):
    """A resource in use at one moment, several times a second."""

    at_s: float
    resource: str
    in_use: float
    capacity: float | None = None
    waiting: float | None = None
    site: int = -1  # where the resource was made, or is waited for
    served: int | None = None  # how many times it was taken so far, by invocations that are recorded
    held_s: float | None = (
        None  # for how long altogether, so far: its growth over that of `served` is the hold
    )


class LoopActivity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="loop"):
    """An event loop over a short period (about 100 ms)."""

    start_s: float
    end_s: float
    busy_s: float  # not waiting in select
    cpu_s: float | None  # CPU time of the loop's thread
    starved_s: float | None = None  # its thread could run, but the machine had no processor for it
    late_s: float  # busy in stretches long enough to hurt others (see late_after_s)
    longest_s: float


class LateStack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="late"):
    """The loop's thread, seen in the middle of a stretch that was already long."""

    at_s: float
    late_s: float  # so far
    site: int
    stack: list[Frame]  # innermost last, bounded
    is_computing: bool | None = None  # None: cannot be told
    is_awaited: bool = False  # the user's innermost frame only awaits a library that holds the loop
    waits_in: str = ""  # the function that blocks, as the innermost frame calls it: "sleep", "recv" …
    trace_id: str | None = None


class ThreadStack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="threads"):
    """Where threads of pools, and the loop's own (resource "loop"), were seen, counted over a period.

    waits_in: innermost function, "sleep", "acquire", "recv" …; empty when computing; "await" for the loop's thread when
    the user's innermost frame only awaits the library that computes.
    """

    at_s: float
    resource: str
    site: int
    count: int
    waits_in: str = ""


class AwaitStack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="await"):
    """Where tasks of invocations were seen waiting, counted over a period."""

    at_s: float
    site: int
    count: int
    waits_in: str = ""


class ProcessReading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="process"):
    """The target process, about twice a second."""

    at_s: float
    cpu_s: float  # since start
    rss_bytes: int | None = None
    thread_count: int | None = None
    open_files: int | None = None
    gc_pause_s: float | None = None  # since start
    gil_overshoot_s: float | None = (
        None  # how late a 5 ms sleep of an idle thread ended, mean over the period
    )


LEAST_KEPT = 10  # items: what holds less is no history


class KeptState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="kept"):
    """What a variable of the user's holds from one request to the next; written when it has changed."""

    at_s: float
    name: str  # of the variable or attribute
    size: int  # items, with those of what it holds
    site: int = -1  # where it is added to, or made
    holds_canary: bool = False  # it has text of some request's input in it


class Anomaly(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="anomaly"):
    """Something wrong at any load: a coroutine never awaited, a second event loop, a parent that ended first."""

    at_s: float
    kind: str
    message: str
    site: int = -1
    trace_id: str | None = None


class ProbeStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="probe"):
    """Whether a probe could be installed; when not, why."""

    name: str
    is_installed: bool
    reason: str = ""


ProbeRecord = (
    Site
    | Trace
    | Gauge
    | LoopActivity
    | LateStack
    | ThreadStack
    | AwaitStack
    | ProcessReading
    | KeptState
    | Anomaly
    | ProbeStatus
)

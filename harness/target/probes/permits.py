"""What is known of one lock, semaphore or limiter while it is used: who waits, who has it, since when.

Shared by the probes of asyncio's, AnyIO's and threading's primitives; each tells when something is taken or given back.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from typing import Any, TypeAlias

from harness.probe_records import Gauge
from harness.target.probes.recorder import CURRENT_TRACE, OpenSpan, OpenTrace, context_id
from harness.target.probes.sites import UNKNOWN

Read: TypeAlias = Callable[
    [], tuple[float, float] | None
]  # taken and waiting; None when the primitive is gone
_now = time.monotonic
STATE = "_chainload_permits"  # attribute of the primitive
MADE_IN = "_chainload_made_in"  # the same: the invocation that made it


class Permits:
    """One primitive.  Its name is shared by all that one line of code makes."""

    __slots__ = ("capacity", "changed", "held_s", "holds", "name", "read", "served", "site", "waiting")

    def __init__(self, name: str, *, site: int, capacity: float | None, read: Read | None = None) -> None:
        self.name = name
        self.read = read  # the primitive itself knows of those that are not recorded, too
        self.site = site
        self.capacity = capacity
        self.waiting = 0
        self.served = 0
        self.held_s = 0.0
        self.holds: dict[int, list[OpenSpan]] = {}  # by the context that took it
        self.changed = True

    def wait(self, trace: OpenTrace, site: int) -> OpenSpan:
        """Somebody begins to wait."""
        self.waiting += 1
        self.changed = True
        return trace.begin("lock_wait", site, self.name)

    def waited(self, span: OpenSpan) -> None:
        self.waiting -= 1
        span.close()

    def taken(self, trace: OpenTrace, site: int) -> None:
        self.served += 1
        self.changed = True
        context = context_id()
        self.holds.setdefault(context, []).append(trace.begin("hold", site, self.name, context=context))

    def given_back(self) -> None:
        """By the context that gives back now; when that has none, by the one that took it first."""
        if not self.holds:
            return
        context = context_id()
        if context not in self.holds:
            trace = CURRENT_TRACE.get()
            if trace is not None and not trace.is_live and trace.ended_s is None:
                return  # of an invocation that is not recorded: its taking was not either
            context = next(iter(self.holds))
        spans = self.holds[context]
        span = spans.pop()
        if not spans:
            del self.holds[context]
        self.held_s += _now() - span.start_s
        self.changed = True
        span.close()

    def load(self) -> tuple[float, float]:
        """How many are taken, and how many wait."""
        found = None if self.read is None else self.read()
        return found or (sum(map(len, list(self.holds.values()))), self.waiting)


class PermitBook:
    """All primitives that were used, for gauges."""

    def __init__(self, emit: Callable[[Gauge], None]) -> None:
        self._emit = emit
        self._all: list[Permits] = []
        self._past: dict[str, tuple[int, float]] = {}  # of those that are gone: served and held

    def add(self, permits: Permits) -> Permits:
        self._all.append(permits)
        return permits

    def write(self, now_s: float) -> None:
        """A gauge for each name that changed; a primitive that is unused for a while leaves the book."""
        by_name: dict[str, list[Permits]] = {}
        kept = []
        for permits in self._all:
            if permits.changed or permits.waiting or permits.holds:
                by_name.setdefault(permits.name, []).append(permits)
                kept.append(permits)
            else:
                served, held_s = self._past.get(permits.name, (0, 0.0))
                self._past[permits.name] = (served + permits.served, held_s + permits.held_s)
                permits.served, permits.held_s = 0, 0.0
                permits.changed = False
                kept.append(permits) if len(self._all) < 1000 else None
            permits.changed = False
        self._all = kept
        for name, group in by_name.items():
            self._emit(self._gauge(name, group, now_s))

    def _gauge(self, name: str, group: list[Permits], now_s: float) -> Gauge:
        served, held_s = self._past.get(name, (0, 0.0))
        loads = [permits.load() for permits in group]
        capacities = [permits.capacity for permits in group if permits.capacity is not None]
        return Gauge(
            at_s=now_s,
            resource=name,
            in_use=sum(in_use for in_use, _ in loads),
            capacity=sum(capacities) if capacities else None,
            waiting=sum(waiting for _, waiting in loads),
            site=group[0].site,
            served=served + sum(permits.served for permits in group),
            held_s=held_s + sum(permits.held_s + _running_s(permits, now_s) for permits in group),
        )


def _running_s(permits: Permits, now_s: float) -> float:
    """Of holds that go on."""
    return sum(max(now_s - span.start_s, 0.0) for spans in list(permits.holds.values()) for span in spans)


def known(primitive: Any) -> Permits | None:
    """What is known of a primitive; None when nothing is, or it is not to be followed."""
    found = getattr(primitive, STATE, None)
    return found if isinstance(found, Permits) else None


def note_maker(primitive: Any) -> None:
    """Keep in mind which invocation makes it, if one does."""
    trace = CURRENT_TRACE.get()
    if trace is not None:
        setattr(primitive, MADE_IN, trace.trace_id)


def is_own(primitive: Any, trace: OpenTrace) -> bool:
    """Whether the invocation made it itself: it orders its own work by it, and shares it with nobody."""
    return getattr(primitive, MADE_IN, None) == trace.trace_id


def name_for(kind: str, made_at: int, used_at: int) -> str:
    """``semaphore:site12``: by the line that made it where that is the user's, else by the first that used it."""
    return f"{kind}:site{made_at if made_at != UNKNOWN else used_at}"


def reader(primitive: Any, read: Callable[[Any], tuple[float, float]]) -> Read:
    """Reads a primitive without keeping it alive."""
    reference = weakref.ref(primitive)

    def read_if_alive() -> tuple[float, float] | None:
        found = reference()
        return None if found is None else read(found)

    return read_if_alive

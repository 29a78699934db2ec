"""Requests that hold something and wait, themselves or through others, for more of the same: nothing goes on.  Pure.

Looks at invocations that never returned: which resources each had, and which it waited for, when it was given up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.probe_records import Trace
from harness.records import Frame
from reports.attribution.recording import between
from reports.causes.places import locate_site, locate_stack
from reports.causes.resource_words import kind_of_resource
from reports.causes.situation import Situation
from reports.causes.stuck_calls import find_stuck_calls
from reports.verdict import Location

WAITS = frozenset({"executor_wait", "lock_wait", "pool_wait"})
HOLDS = frozenset({"thread_run", "hold"})
FULL_RATIO = 0.99
Edges = Mapping[str, Mapping[str, int]]  # held resource -> resource waited for -> invocations


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """One resource of which none is left, and who has it."""

    resource: str
    cycle: Sequence[str]  # resources from it back to it, each held by requests that wait for the next
    holders: Sequence[Trace]
    most_waiting: float
    location: Location | None  # where one of the holders waits
    stack: Sequence[Frame]  # the same, innermost first
    is_several: bool  # they have one and wait for another: locks of one line, or different ones in a cycle

    def first_users(self, situation: Situation) -> int | None:
        """The smallest step in which it happened."""
        users = {step.index: step.users for step in situation.steps}
        return min((users[trace.step] for trace in self.holders if trace.step in users), default=None)


def find_standstills(situation: Situation) -> list[Standstill]:
    """Those that most requests are part of first."""
    cut = _cut_traces(situation)
    edges = hold_and_wait(cut)
    found = []
    for resource in sorted(edges, key=lambda name: -sum(edges[name].values())):
        cycle = find_cycle(edges, resource)
        if cycle is not None and _is_full(situation, resource, cut):
            found.append(_describe(situation, resource, cycle, cut))
    return found


def hold_and_wait(traces: Sequence[Trace]) -> Edges:
    """Who has what while waiting for what, from spans that were still open."""
    edges: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for trace in traces:
        still_open = [span for span in trace.spans if span.end_s is None]
        for held in {span.resource for span in still_open if span.kind in HOLDS}:
            edges[held].update({span.resource for span in still_open if span.kind in WAITS})
    return edges


def find_cycle(edges: Edges, start: str) -> list[str] | None:
    """The shortest way from ``start`` back to it; None when there is none."""
    pending = [[start]]
    seen: set[str] = set()
    while pending:
        path = pending.pop(0)
        for other in edges.get(path[-1], {}):
            if other == start:
                return path
            if other not in seen:
                seen.add(other)
                pending.append([*path, other])
    return None


def _cut_traces(situation: Situation) -> list[Trace]:
    """Of invocations that did not end by themselves: something in them is still open."""
    stuck = {invocation.trace_id for invocation in situation.dataset.stuck}
    return [
        trace
        for traces in situation.recording.traces.values()
        for trace in traces
        if trace.trace_id in stuck and any(span.end_s is None for span in trace.spans)
    ]


def _is_full(situation: Situation, resource: str, cut: Sequence[Trace]) -> bool:
    """Whether none of it was free while these invocations were stuck, by its gauge."""
    start_s, end_s = min(trace.start_s for trace in cut), max(trace.end_s for trace in cut)
    readings = between(situation.recording.gauges.get(resource, ()), start_s, end_s)
    return any(one.capacity and one.in_use >= FULL_RATIO * one.capacity and one.waiting for one in readings)


def _describe(situation: Situation, resource: str, cycle: Sequence[str], cut: Sequence[Trace]) -> Standstill:
    holders = [trace for trace in cut if _holds(trace, resource)]
    stack = _stack_of(situation, holders)
    sites = Counter(
        span.site
        for trace in holders
        for span in trace.spans
        if span.end_s is None and span.kind in HOLDS and span.resource == resource and span.site >= 0
    )
    site = sites.most_common(1)[0][0] if sites else None
    readings = situation.recording.gauges.get(resource, ())
    is_lock = kind_of_resource(resource).endswith("lock")
    return Standstill(
        resource=resource,
        cycle=cycle,
        holders=holders,
        most_waiting=max((one.waiting or 0.0 for one in readings), default=0.0),
        location=locate_stack(situation, stack) or locate_site(situation, site),
        stack=stack,
        is_several=len(cycle) > 1 or (is_lock and any((one.capacity or 0.0) > 1 for one in readings)),
    )


def _holds(trace: Trace, resource: str) -> bool:
    return any(
        span.end_s is None and span.kind in HOLDS and span.resource == resource for span in trace.spans
    )


def _stack_of(situation: Situation, holders: Sequence[Trace]) -> list[Frame]:
    """Where one that holds it waits, innermost first; empty when none was kept."""
    ids = {trace.trace_id for trace in holders}
    sure = [one for one in find_stuck_calls(situation.dataset, situation.steps) if one.trace_id in ids]
    kept = sure or [one for one in situation.dataset.stuck if one.trace_id in ids]
    return list(reversed(kept[0].stack)) if kept else []

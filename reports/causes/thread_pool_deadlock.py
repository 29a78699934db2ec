"""thread_pool_deadlock: threads of a pool wait for work that is queued behind them.  No error, no time-out, no end.

Looks at invocations that never returned: a pool is deadlocked when those that hold its threads wait, themselves or
through something else that is held, for a thread of the same pool.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.probe_records import Trace
from harness.records import Frame
from reports.attribution.capacity import find_capacity
from reports.attribution.recording import between
from reports.causes.evidence import tell
from reports.causes.places import locate_site, locate_stack, say_location
from reports.causes.situation import Situation
from reports.causes.stuck_calls import find_stuck_calls
from reports.units import format_number, format_users, plural
from reports.verdict import Evidence, Finding, Location

ID = "thread_pool_deadlock"
WAITS = frozenset({"executor_wait", "lock_wait", "pool_wait"})
HOLDS = frozenset({"thread_run", "hold"})
POOLS = ("executor", "anyio")
FULL_RATIO = 0.99
Edges = dict[str, dict[str, int]]  # held resource -> resource waited for -> invocations


def find_thread_pool_deadlock(situation: Situation) -> Iterator[Finding]:
    cut = _cut_traces(situation)
    edges = _hold_and_wait(cut)
    for pool in sorted(edges, key=lambda name: -sum(edges[name].values())):
        if not pool.startswith(POOLS):
            continue
        cycle = find_cycle(edges, pool)
        if cycle is None or not _is_full(situation, pool, cut):
            continue
        holders = [trace for trace in cut if _holds(trace, pool)]
        stack = _stack_of(situation, holders)
        location = locate_stack(situation, stack) or locate_site(situation, _site_of(holders, pool))
        yield _make_finding(situation, pool, cycle, holders, location, stack)
        return


def _make_finding(
    situation: Situation,
    pool: str,
    cycle: Sequence[str],
    holders: Sequence[Trace],
    location: Location | None,
    stack: Sequence[Frame],
) -> Finding:
    capacity = find_capacity(situation.recording.gauges.get(pool, ()))
    name = _name(pool, capacity)
    place = say_location(location)
    return Finding(
        cause=ID,
        role="limit",
        confidence="high",
        share_of_growth=None,
        location=location,
        summary=f"Every thread of {name} is held by {place}, which waits for work that is queued behind it in the same "
        "pool: nothing goes on.",
        evidence=list(_tell(situation, pool, cycle, holders)),
        fix=f"Do not wait in a thread of a pool for work that needs the same pool: make {place} async and await it, or "
        "give the outer work a pool of its own, at least as large as the number of requests at a time. More threads "
        "only move the point at which it stops.",
        stack=list(stack),
    )


def _cut_traces(situation: Situation) -> list[Trace]:
    """Of invocations that did not end by themselves: something in them is still open."""
    stuck = {invocation.trace_id for invocation in situation.dataset.stuck}
    return [
        trace
        for traces in situation.recording.traces.values()
        for trace in traces
        if trace.trace_id in stuck and any(span.end_s is None for span in trace.spans)
    ]


def _hold_and_wait(traces: Sequence[Trace]) -> Edges:
    edges: Edges = defaultdict(lambda: defaultdict(int))
    for trace in traces:
        still_open = [span for span in trace.spans if span.end_s is None]
        held = {span.resource for span in still_open if span.kind in HOLDS}
        waited = {span.resource for span in still_open if span.kind in WAITS}
        for one in held:
            for other in waited:
                edges[one][other] += 1
    return edges


def find_cycle(edges: Edges, start: str) -> list[str] | None:
    """Resources from ``start`` back to it, each held by invocations that wait for the next; None when there is none."""
    pending = [[start]]
    seen = set()
    while pending:
        path = pending.pop(0)
        for other in edges.get(path[-1], {}):
            if other == start:
                return path
            if other not in seen:
                seen.add(other)
                pending.append([*path, other])
    return None


def _holds(trace: Trace, pool: str) -> bool:
    return any(
        span.end_s is None and span.kind == "thread_run" and span.resource == pool for span in trace.spans
    )


def _is_full(situation: Situation, pool: str, cut: Sequence[Trace]) -> bool:
    """Whether all its threads were taken while these invocations were stuck, by its gauge."""
    start_s, end_s = min(trace.start_s for trace in cut), max(trace.end_s for trace in cut)
    readings = list(between(situation.recording.gauges.get(pool, ()), start_s, end_s))
    return any(one.capacity and one.in_use >= FULL_RATIO * one.capacity and one.waiting for one in readings)


def _stack_of(situation: Situation, holders: Sequence[Trace]) -> list[Frame]:
    """Where one that holds a thread waits, innermost first; empty when none was kept."""
    ids = {trace.trace_id for trace in holders}
    kept = [one for one in find_stuck_calls(situation.dataset, situation.steps) if one.trace_id in ids]
    kept = kept or [one for one in situation.dataset.stuck if one.trace_id in ids]
    return list(reversed(kept[0].stack)) if kept else []


def _site_of(holders: Sequence[Trace], pool: str) -> int | None:
    sites = [
        span.site
        for trace in holders
        for span in trace.spans
        if span.end_s is None and span.kind == "thread_run" and span.resource == pool and span.site >= 0
    ]
    return max(set(sites), key=sites.count) if sites else None


def _name(pool: str, capacity: float | None) -> str:
    words = {"executor:default": "the default executor", "anyio:default": "AnyIO's worker threads"}
    size = f" ({plural(round(capacity), 'thread')})" if capacity else ""
    return f"{words.get(pool, 'the thread pool')}{size}"


def _tell(
    situation: Situation, pool: str, cycle: Sequence[str], holders: Sequence[Trace]
) -> Iterator[Evidence]:
    users = {step.index: step.users for step in situation.steps}
    first = min((users[trace.step] for trace in holders if trace.step in users), default=None)
    if first is not None:
        yield tell(f"It first stopped with {format_users(first)}.")
    yield tell(
        f"{plural(len(holders), 'request')} held a thread of the pool and waited for another of it when they were "
        f"given up{_through(cycle)}."
    )
    waiting = max((one.waiting or 0.0 for one in situation.recording.gauges.get(pool, ())), default=0.0)
    yield tell(
        f"Up to {format_number(waiting)} pieces of work were queued for it, none of which could begin."
    )


def _through(cycle: Sequence[str]) -> str:
    return f", through {', '.join(name.partition(':')[0] for name in cycle[1:])}" if len(cycle) > 1 else ""

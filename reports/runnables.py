"""How long each step of the chain takes at each step of the ladder, from the run tree of traced requests.  Pure.

Times are of one call, what it calls included: a step that only waits for a slow one inside it grows as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.probe_records import Span, Trace
from reports.causes.situation import Situation
from reports.verdict import RunnableLoad, RunnableTimes

MOST_RUNNABLES = 20
MOST_DEPTHS = 200  # spans of a trace whose depth is looked at: long agent runs repeat themselves
EDGE_S = 1e-4  # by which clocks of a step and of the one inside it may differ


@dataclass(slots=True, kw_only=True)
class _Calls:
    count: float = 0.0
    seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class _Place:
    """Where in the chain a step stands."""

    depths: list[int] = field(default_factory=list)
    count: int = 0  # traces it is in
    offset_s: float = 0.0  # of its first call after the request began, summed over the traces
    calls: dict[int, _Calls] = field(default_factory=lambda: defaultdict(_Calls))  # by step of the ladder


def list_runnables(situation: Situation) -> list[RunnableTimes]:
    """In the order they begin in, those that take longest; empty when the run tree was not recorded."""
    places: dict[str, _Place] = defaultdict(_Place)
    weights: dict[int, float] = {}
    users = {step.index: step.users for step in situation.dataset.steps}
    for index, traces in situation.recording.traces.items():
        if index in users:
            weights[index] = _add_traces(places, index, [trace for trace in traces if trace.has_steps])
    found = [
        (place.offset_s / place.count, _make(resource, place, weights, users))
        for resource, place in places.items()
        if resource and place.count
    ]
    longest = sorted(found, key=lambda pair: -max(load.mean_s for load in pair[1].loads))[:MOST_RUNNABLES]
    return [times for _, times in sorted(longest, key=lambda pair: (pair[0], pair[1].depth, pair[1].name))]


def _add_traces(places: dict[str, _Place], step: int, traces: Iterable[Trace]) -> float:
    """Returns for how many requests the traces stand."""
    total = 0.0
    for trace in traces:
        total += trace.weight
        spans = sorted((span for span in trace.spans if span.kind == "step"), key=lambda span: span.start_s)
        depths = _find_depths(spans[:MOST_DEPTHS], trace.end_s)
        begun: set[str] = set()
        for position, span in enumerate(spans):
            place = places[span.resource]
            calls = place.calls[step]
            calls.count += trace.weight
            calls.seconds += trace.weight * (
                (trace.end_s if span.end_s is None else span.end_s) - span.start_s
            )
            if position < len(depths):
                place.depths.append(depths[position])
            if span.resource not in begun:
                begun.add(span.resource)
                place.count += 1
                place.offset_s += span.start_s - trace.start_s
    return total


def _find_depths(spans: Sequence[Span], end_s: float) -> list[int]:
    """In how many others, of other names, each runs; spans in order of their beginning."""
    ends = [end_s if span.end_s is None else span.end_s for span in spans]
    return [
        len(
            {
                spans[outer].resource
                for outer in range(position)
                if ends[outer] >= ends[position] - EDGE_S
                and ends[outer] > span.start_s
                and spans[outer].resource != span.resource
            }
        )
        for position, span in enumerate(spans)
    ]


def _make(resource: str, place: _Place, weights: dict[int, float], users: dict[int, int]) -> RunnableTimes:
    kind, _, name = resource.partition(":")
    loads = [
        RunnableLoad(
            step=step,
            users=users[step],
            mean_s=calls.seconds / calls.count,
            calls_per_request=calls.count / weights[step],
        )
        for step, calls in sorted(place.calls.items(), key=lambda item: (users[item[0]], item[0]))
        if calls.count and weights[step]
    ]
    # Branches that run side by side seem to run inside each other, and a span may be lost: neither is usual.
    depth = sorted(place.depths)[len(place.depths) // 4] if place.depths else 0
    return RunnableTimes(name=name or kind, kind=kind, depth=depth, loads=loads)

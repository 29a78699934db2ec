"""Single requests, as they went: the median and the slowest of the step that is explained.  Pure.

A step of the chain gets a row, and in it what was waited for or used meanwhile; where the run tree was not recorded,
each state gets a row.  What a request was in at each instant is as ``reports.attribution`` counts it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from harness.probe_records import Span, Trace
from reports.attribution.intervals import Ledger, make_intervals
from reports.attribution.state import LEAVES, Interval
from reports.attribution.timeline import Gap, split_timeline
from reports.causes.situation import Situation
from reports.dataset import StepData
from reports.material import Segment, Waterfall, WaterfallRow
from reports.resource_names import name_resource
from reports.states import name_state

MOST_ROWS = 10
LEAST_PART = 0.002  # of the response time: shorter stretches join their neighbours
OUTSIDE = "transfer"


def list_waterfalls(situation: Situation) -> list[Waterfall]:
    """The median and the slowest; empty when the step was not traced."""
    step = situation.high
    traces = situation.recording.traces.get(step.index, ()) if step is not None else ()
    if step is None or not traces:
        return []
    times = _match(step, traces)
    if not times:
        return []
    ordered = sorted(times, key=lambda found: found[2] - found[1])
    chosen = {"median": ordered[(len(ordered) - 1) // 2], "slowest": ordered[-1]}
    ledger = Ledger(situation.dataset.attempts)
    return [
        _make(situation, step, ledger, name, trace, start_s, end_s)
        for name, (trace, start_s, end_s) in chosen.items()
        if name == "median" or len(ordered) > 1
    ]


def _match(step: StepData, traces: Sequence[Trace]) -> list[tuple[Trace, float, float]]:
    """Traces with the times their requests were sent and answered; good answers, or else all that ended."""
    wanted = {trace.trace_id.encode(): trace for trace in traces}
    samples = step.samples
    is_good = samples.is_ok.tolist()
    found = [
        (is_good[row], wanted[trace_id], float(samples.start_s[row]), float(samples.end_s[row]))
        for row, trace_id in enumerate(samples.trace_id.tolist())
        if trace_id in wanted and samples.end_s[row] > samples.start_s[row]
    ]
    return [found[1:] for found in found if found[0]] or [found[1:] for found in found]


def _make(
    situation: Situation,
    step: StepData,
    ledger: Ledger,
    name: str,
    trace: Trace,
    start_s: float,
    end_s: float,
) -> Waterfall:
    intervals = make_intervals(trace, ledger.of(trace.trace_id), end_s=max(end_s, trace.end_s))
    leaves = [one for one in intervals if one.kind in LEAVES and one.end_s > start_s and one.start_s < end_s]
    spans = sorted((span for span in trace.spans if span.kind == "step"), key=lambda span: span.start_s)
    rows = (
        _step_rows(spans, leaves, trace, start_s, end_s)
        if spans
        else _state_rows(situation, leaves, start_s, end_s)
    )
    return Waterfall(
        name=name,
        users=step.users,
        trace_id=trace.trace_id,
        response_s=end_s - start_s,
        strip=_make_strip(situation, intervals, trace, start_s, end_s),
        rows=rows[:MOST_ROWS],
        hidden_count=max(0, len(rows) - MOST_ROWS),
    )


# ---- what it was in at each instant ----


def _make_strip(
    situation: Situation, intervals: Sequence[Interval], trace: Trace, start_s: float, end_s: float
) -> list[Segment]:
    moments = {start_s, end_s, trace.start_s, trace.end_s}
    moments |= {at_s for one in intervals for at_s in (one.start_s, one.end_s)}
    inside = sorted(at_s for at_s in moments if start_s <= at_s <= end_s)
    pieces = (
        Segment(_state_between(situation, intervals, trace, from_s, to_s), from_s - start_s, to_s - start_s)
        for from_s, to_s in itertools.pairwise(inside)
    )
    return _join(pieces, LEAST_PART * (end_s - start_s))


def _state_between(
    situation: Situation, intervals: Sequence[Interval], trace: Trace, from_s: float, to_s: float
) -> str:
    """The state that has most of a stretch in which nothing begins or ends."""
    if to_s <= trace.start_s or from_s >= trace.end_s:
        return OUTSIDE
    own = [one for one in intervals if one.start_s < to_s and one.end_s > from_s]
    seconds, gaps = split_timeline(own, start_s=from_s, end_s=to_s)
    explained = situation.loop.explain([Gap(gap.start_s, gap.end_s, gap.state) for gap in gaps])
    totals: dict[str, float] = {}
    for state, value_s in (*seconds.items(), *explained.items()):
        totals[state.kind] = totals.get(state.kind, 0.0) + value_s
    return max(totals, key=lambda kind: totals[kind], default="unknown")


def _join(pieces: Iterable[Segment], least_s: float) -> list[Segment]:
    """Neighbours in the same state are one; what is too short to be seen is part of the one before."""
    joined: list[Segment] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is not None and (last.state == piece.state or piece.end_s - piece.start_s < least_s):
            joined[-1] = Segment(last.state, last.start_s, piece.end_s)
        else:
            joined.append(piece)
    return joined


# ---- rows ----


def _step_rows(
    spans: Sequence[Span], leaves: Sequence[Interval], trace: Trace, start_s: float, end_s: float
) -> list[WaterfallRow]:
    """In the order they first begin in."""
    ends = [min(end_s, trace.end_s if span.end_s is None else span.end_s) for span in spans]
    runs: dict[str, list[int]] = {}
    for position, span in enumerate(spans):
        runs.setdefault(span.resource, []).append(position)
    owned: dict[str, list[Interval]] = {}
    for leaf in leaves:
        owner = _owner(leaf, spans, ends)
        if owner >= 0:
            owned.setdefault(spans[owner].resource, []).append(leaf)
    least_s = LEAST_PART * (end_s - start_s)
    return [
        WaterfallRow(
            label=_name(resource),
            depth=_depth(positions[0], spans, ends),
            count=len(positions),
            runs=_unite([(spans[one].start_s - start_s, ends[one] - start_s) for one in positions], least_s),
            segments=_segments(owned.get(resource, ()), start_s, end_s),
        )
        for resource, positions in runs.items()
    ]


def _name(resource: str) -> str:
    kind, _, name = resource.partition(":")
    return f"{name} ({kind})" if name else kind


def _depth(position: int, spans: Sequence[Span], ends: Sequence[float]) -> int:
    """In how many steps of other names it runs."""
    own = spans[position]
    return len(
        {
            spans[outer].resource
            for outer in range(position)
            if ends[outer] >= ends[position] and spans[outer].resource != own.resource
        }
    )


def _owner(leaf: Interval, spans: Sequence[Span], ends: Sequence[float]) -> int:
    """The step that began last of those it lies in, of its own task where there is one; -1: none."""
    middle_s = (leaf.start_s + leaf.end_s) / 2
    around = [position for position, span in enumerate(spans) if span.start_s <= middle_s <= ends[position]]
    own = [position for position in around if spans[position].context == leaf.context]
    return max(own or around, key=lambda position: spans[position].start_s, default=-1)


def _state_rows(
    situation: Situation, leaves: Sequence[Interval], start_s: float, end_s: float
) -> list[WaterfallRow]:
    groups: dict[tuple[str, str], list[Interval]] = {}
    for leaf in sorted(leaves, key=lambda leaf: leaf.start_s):
        groups.setdefault((leaf.state.kind, leaf.state.resource), []).append(leaf)
    rows = []
    for (kind, resource), members in groups.items():
        name = name_resource(situation, kind, resource)
        rows.append(
            WaterfallRow(
                label=name_state(kind) + (f" · {name}" if name else ""),
                depth=0,
                count=len(members),
                runs=(),
                segments=_segments(members, start_s, end_s),
            )
        )
    return rows


def _segments(leaves: Sequence[Interval], start_s: float, end_s: float) -> list[Segment]:
    """What runs in a thread lies behind what it waits for."""
    least_s = LEAST_PART * (end_s - start_s)
    states: dict[str, list[tuple[float, float]]] = {}
    for leaf in sorted(leaves, key=lambda leaf: leaf.kind != "thread_run"):
        clipped = max(leaf.start_s, start_s) - start_s, min(leaf.end_s, end_s) - start_s
        states.setdefault(leaf.state.kind, []).append(clipped)
    return [Segment(state, *run) for state, runs in states.items() for run in _unite(runs, least_s)]


def _unite(runs: Iterable[tuple[float, float]], least_s: float) -> list[tuple[float, float]]:
    """Those that overlap, or are too close to be told apart, as one; in order of time."""
    united: list[tuple[float, float]] = []
    for start_s, end_s in sorted(runs):
        if united and start_s <= united[-1][1] + least_s:
            united[-1] = (united[-1][0], max(end_s, united[-1][1]))
        else:
            united.append((start_s, end_s))
    return united

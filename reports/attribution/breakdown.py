"""Where the time of one step's invocations went: mean seconds by state, for all and for the slowest.  Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from harness.probe_records import Trace
from reports.attribution.busy_loop import BusyLoop
from reports.attribution.holders import Holders, count_holds
from reports.attribution.intervals import Ledger, make_intervals
from reports.attribution.recording import Recording
from reports.attribution.state import Seconds, State, add_seconds
from reports.attribution.timeline import OUTSIDE, RUNNING, Gap, split_timeline, widest
from reports.columns import Floats
from reports.dataset import Dataset, StepData
from reports.tables import Samples
from reports.verdict import StepSummary

SLOWEST_QUANTILE = 0.95
FEWEST_SLOW = 5  # traces: with fewer the slowest are an anecdote
FEWEST_GOOD = 10  # good answers: enough to explain a step by, however many failed
FEWEST = 3  # answers; with fewer, those of the warm-up count as well
MOSTLY = 0.5  # of the answers: few, but most of them good, are explained by the good ones
CALLING = frozenset({"provider", "provider_queue", "pool_wait", "connect", "backoff"})  # a call is on its way
STRATA = 5  # each fifth of the response times gets its true weight, whichever traces were written


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """One step.  Seconds are means per invocation; they sum to ``response_s``."""

    step: int
    users: int
    trace_count: int
    response_s: float
    seconds: Seconds
    counts: Mapping[State, float] = field(default_factory=dict)  # spans of it per invocation
    lengths: Mapping[State, float] = field(
        default_factory=dict
    )  # seconds of these spans, side by side or not
    slow_response_s: float | None = None  # of the slowest twentieth; None when they are too few
    slow_seconds: Seconds = field(default_factory=dict)
    holders: Holders = field(default_factory=dict)
    fan_out: float = 0.0  # calls that an invocation had open at a time, at most; mean
    is_of_good: bool = True  # False: hardly anything ended well, so failed invocations count as well

    def of_kind(self, *kinds: str) -> float:
        """Seconds in states of these kinds, wherever."""
        return sum(seconds for state, seconds in self.seconds.items() if state.kind in kinds)


@dataclass(slots=True, kw_only=True)
class _Totals:
    """Sums over invocations, each with its weight."""

    holders: Holders = field(default_factory=dict)
    counts: Seconds = field(default_factory=dict)
    lengths: Seconds = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Split:
    """One invocation, split."""

    response_s: float
    seconds: Seconds
    trace: Trace
    start_s: float
    end_s: float
    fan_out: int


def break_down(
    dataset: Dataset, recording: Recording, loop: BusyLoop, summaries: Sequence[StepSummary]
) -> list[Breakdown]:
    """The steps of which traces were written, in order."""
    ledger = Ledger(dataset.attempts)
    warmups = {summary.index: summary.warmup_s for summary in summaries}
    inside = RUNNING if _runs_in_threads(dataset) else None
    found = (
        _break_step(
            step, recording.traces.get(step.index, ()), ledger, loop, warmups.get(step.index, 0.0), inside
        )
        for step in dataset.steps
    )
    return [breakdown for breakdown in found if breakdown is not None]


def _runs_in_threads(dataset: Dataset) -> bool:
    """Whether each invocation runs in a thread of its own (a Runnable, mode invoke)."""
    kinds = {event.data.get("kind") for event in dataset.events_of("target_ready")}
    return dataset.info.settings.mode == "invoke" and "asgi" not in kinds and not dataset.info.settings.is_url


def _break_step(
    step: StepData,
    traces: Sequence[Trace],
    ledger: Ledger,
    loop: BusyLoop,
    warmup_s: float,
    inside: State | None,
) -> Breakdown | None:
    rows = _measured_rows(step, warmup_s)
    samples = step.samples.take(rows)
    wanted = {trace.trace_id.encode() for trace in traces}
    positions = {
        trace_id: row for row, trace_id in enumerate(samples.trace_id.tolist()) if trace_id in wanted
    }
    chosen = [(trace, positions[key]) for trace in traces if (key := trace.trace_id.encode()) in positions]
    if not chosen:
        return None
    responses = samples.end_s - samples.start_s
    standing = np.array([trace.weight for trace, _ in chosen])
    weights = _weights(responses, np.array([row for _, row in chosen]), standing)
    totals = _Totals()
    splits = []
    for (trace, row), weight in zip(chosen, weights.tolist(), strict=True):
        start_s, end_s = float(samples.start_s[row]), float(samples.end_s[row])
        splits.append(_split(trace, start_s, end_s, ledger, loop, totals, weight, inside))
    return _summarise(step, splits, weights, totals, is_of_good=bool(samples.is_ok.all()))


def _measured_rows(step: StepData, warmup_s: float) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Rows of the samples to explain: good ones that ended in the window, or else all that ended."""
    samples: Samples = step.samples
    ended = ~np.isnan(samples.end_s)
    window = ended & (samples.end_s > step.start_s + warmup_s) & (samples.end_s <= step.end_s)
    good = window & samples.is_ok
    if np.sum(good) >= min(FEWEST_GOOD, max(FEWEST, MOSTLY * np.sum(window))):
        return np.flatnonzero(good)
    return np.flatnonzero(window if np.sum(window) >= FEWEST else ended)


def _weights(responses: Floats, rows: np.ndarray[tuple[int], np.dtype[np.intp]], standing: Floats) -> Floats:
    """So that the traces stand for all samples; they sum to 1.  standing: for how many invocations each was written."""
    edges = np.quantile(responses, np.linspace(0, 1, STRATA + 1)[1:-1])
    strata, own = np.digitize(responses, edges), np.digitize(responses[rows], edges)
    share = np.bincount(strata, minlength=STRATA) / len(responses)
    total = np.bincount(own, weights=standing, minlength=STRATA)
    weights = standing * (share / np.maximum(total, 1e-9))[own]
    return np.asarray(weights / weights.sum())


def _split(
    trace: Trace,
    start_s: float,
    end_s: float,
    ledger: Ledger,
    loop: BusyLoop,
    totals: _Totals,
    weight: float,
    inside: State | None,
) -> _Split:
    end_s = max(end_s, start_s)
    intervals = make_intervals(trace, ledger.of(trace.trace_id), end_s=max(end_s, trace.end_s))
    seconds, gaps = split_timeline(intervals, start_s=start_s, end_s=end_s)
    add_seconds(seconds, loop.explain(_mark_gaps(gaps, trace, inside)))
    cpu_s = {(span.context, span.start_s): span.cpu_s for span in trace.spans if span.cpu_s is not None}
    # What goes on after the answer, such as background tasks, holds threads and permits that others wait for.
    held_until_s = max(end_s, trace.end_s)
    count_holds(
        totals.holders, intervals, loop, start_s=start_s, end_s=held_until_s, weight=weight, cpu_s=cpu_s
    )
    for interval in intervals:
        add_seconds(totals.counts, {interval.state: weight})
        add_seconds(totals.lengths, {interval.state: interval.end_s - interval.start_s}, weight)
    return _Split(
        response_s=end_s - start_s,
        seconds=seconds,
        trace=trace,
        start_s=start_s,
        end_s=end_s,
        fan_out=widest(intervals, CALLING),
    )


def _mark_gaps(gaps: Sequence[Gap], trace: Trace, inside: State | None) -> list[Gap]:
    """Gaps cut at the moments the target began and ended with the invocation; what lies outside says so."""
    marked = []
    for gap in gaps:
        moments = sorted(
            {gap.start_s, gap.end_s, *(_clip(at_s, gap) for at_s in (trace.start_s, trace.end_s))}
        )
        for from_s, to_s in itertools.pairwise(moments):
            outside = to_s <= trace.start_s or from_s >= trace.end_s
            waits = gap.state is not None and gap.state.kind == "lock_wait"
            marked.append(
                Gap(from_s, to_s, OUTSIDE if outside else gap.state if waits else inside or gap.state)
            )
    return marked


def _clip(at_s: float, gap: Gap) -> float:
    return min(gap.end_s, max(gap.start_s, at_s))


def _summarise(
    step: StepData,
    splits: Sequence[_Split],
    weights: Floats,
    totals: _Totals,
    *,
    is_of_good: bool,
) -> Breakdown:
    seconds: Seconds = {}
    for split, weight in zip(splits, weights.tolist(), strict=True):
        add_seconds(seconds, split.seconds, weight)
    slow = sorted(splits, key=lambda split: -split.response_s)[: round(len(splits) * (1 - SLOWEST_QUANTILE))]
    slow_seconds: Seconds = {}
    for split in slow:
        add_seconds(slow_seconds, split.seconds, 1 / len(slow))
    few = len(slow) < FEWEST_SLOW
    return Breakdown(
        step=step.index,
        users=step.users,
        trace_count=len(splits),
        response_s=sum(w * split.response_s for split, w in zip(splits, weights.tolist(), strict=True)),
        seconds=seconds,
        counts=totals.counts,
        lengths=totals.lengths,
        slow_response_s=None if few else sum(split.response_s for split in slow) / len(slow),
        slow_seconds={} if few else slow_seconds,
        holders=totals.holders,
        fan_out=sum(w * split.fan_out for split, w in zip(splits, weights.tolist(), strict=True)),
        is_of_good=is_of_good,
    )

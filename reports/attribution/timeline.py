"""One invocation's time, split into exclusive states that sum to it.  Pure: intervals in, seconds out.

At every instant each context (task or thread) is in its innermost wait; contexts that wait side by side share the
instant equally.  A wait or a running thread beats an open step: the step is only the place where it happens.  Instants
in which nothing is known to be waited for are ``Gap``s: the event loop, or the step itself, explains them.  So is
waiting for somebody else's work (a queue, an event): that work explains it, where it is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.attribution.state import LEAVES, TURN, Interval, Seconds, State

OUTSIDE = State("transfer")
RUNNING = State("thread", resource="invocation")  # mode invoke: each invocation has a thread of its own


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which the invocation waited for nothing that was measured."""

    start_s: float
    end_s: float
    state: State | None  # the step or turn that was open, or OUTSIDE; None: nothing is known


def split_timeline(
    intervals: Sequence[Interval], *, start_s: float, end_s: float
) -> tuple[Seconds, list[Gap]]:
    """Exclusive seconds by state, and the gaps; together they are exactly ``end_s - start_s``."""
    seconds: Seconds = {}
    gaps: list[Gap] = []
    for from_s, to_s, open_now in _stretches(intervals, start_s, end_s):
        leaves = _leaves(open_now)
        if not leaves:
            gaps.append(Gap(from_s, to_s, _innermost_step(open_now)))
            continue
        share = (to_s - from_s) / len(leaves)
        for state in leaves:
            seconds[state] = seconds.get(state, 0.0) + share
    return seconds, gaps


def _stretches(
    intervals: Sequence[Interval], start_s: float, end_s: float
) -> Iterator[tuple[float, float, list[Interval]]]:
    """The time in pieces within which nothing begins or ends, with what is open in each."""
    events = sorted(_events(intervals, start_s, end_s), key=lambda event: event[:2])
    open_now: dict[int, Interval] = {}
    at_s = start_s
    for moment_s, opens, index in events:
        if moment_s > at_s:
            yield at_s, moment_s, list(open_now.values())
            at_s = moment_s
        if opens:
            open_now[index] = intervals[index]
        else:
            open_now.pop(index, None)
    if end_s > at_s:
        yield at_s, end_s, list(open_now.values())


def _events(intervals: Sequence[Interval], start_s: float, end_s: float) -> Iterator[tuple[float, bool, int]]:
    for index, interval in enumerate(intervals):
        begin_s, finish_s = max(interval.start_s, start_s), min(interval.end_s, end_s)
        if begin_s < finish_s:
            yield begin_s, True, index
            yield finish_s, False, index


def _leaves(open_now: Sequence[Interval]) -> list[State]:
    """What each context waits for.

    A thread that waits for another's work is no leaf; a consumer that holds a stream back hides the provider behind it.
    """
    innermost: dict[int, Interval] = {}
    for interval in open_now:
        other = innermost.get(interval.context)
        if (interval.kind in LEAVES or interval.kind == TURN) and (
            other is None or _rank(interval) > _rank(other)
        ):
            innermost[interval.context] = interval
    parents = {interval.parent for interval in open_now}
    states = [
        interval.state
        for interval in innermost.values()
        if interval.kind != TURN and (interval.kind != "thread_run" or interval.context not in parents)
    ]
    if any(state.kind == "stream_consumer" for state in states):
        states = [state for state in states if state.kind not in ("provider", "provider_queue")]
    return states


def _rank(interval: Interval) -> tuple[bool, float]:
    return (interval.kind != "thread_run", interval.start_s)


def _innermost_step(open_now: Sequence[Interval]) -> State | None:
    """What an instant without a leaf is spent in: waiting for somebody's work, else in a step of the chain."""
    for kind in (TURN, "step"):
        chosen = [interval for interval in open_now if interval.kind == kind]
        if chosen:
            return max(chosen, key=lambda interval: interval.start_s).state
    return None


def widest(intervals: Sequence[Interval], kinds: frozenset[str]) -> int:
    """The most contexts that were in such intervals at one time."""
    chosen = [
        interval for interval in intervals if interval.kind in kinds and interval.end_s > interval.start_s
    ]
    moments = sorted(
        [(one.start_s, 1, one.context) for one in chosen] + [(one.end_s, -1, one.context) for one in chosen]
    )
    depth: dict[int, int] = {}
    most = 0
    for _, change, context in moments:
        depth[context] = depth.get(context, 0) + change
        if not depth[context]:
            del depth[context]
        most = max(most, len(depth))
    return most

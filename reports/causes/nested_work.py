"""Work in a pool's threads that waits for more of the same pool: not stopped yet, but it feeds on itself.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reports.attribution.recording import between
from reports.causes.bottleneck import Bottleneck, find_bottlenecks
from reports.causes.situation import Situation

WAITING_CALLS = ("acquire", "wait")  # what a thread is in that waits for a result
LEAST_SELF_WAIT = 0.1  # of the time its threads are held: the work waited for is itself queued
LEAST_WAITING = 0.2  # of the threads seen: they wait for somebody
FEWEST_STACKS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedWork:
    """A pool whose threads wait for threads of it."""

    pool: Bottleneck
    self_wait_ratio: float  # of the time they are held
    waiting_ratio: float  # of its threads, seen waiting for a result


def find_nested_work(situation: Situation) -> Iterator[NestedWork]:
    """Pools that requests queue for, largest share first."""
    for found in find_bottlenecks(situation, "executor_wait"):
        nested = look_for_nested_work(situation, found)
        if nested is not None:
            yield nested


def look_for_nested_work(situation: Situation, found: Bottleneck) -> NestedWork | None:
    """Of one pool; None when its threads do not wait for it."""
    waiting, self_wait = _waiting_ratio(situation, found), _self_wait_ratio(found)
    if waiting < LEAST_WAITING or self_wait < LEAST_SELF_WAIT:
        return None
    return NestedWork(pool=found, self_wait_ratio=self_wait, waiting_ratio=waiting)


def _self_wait_ratio(found: Bottleneck) -> float:
    if found.holds is None or found.holds.held_s <= 0:
        return 0.0
    queued_s = sum(
        value_s
        for state, value_s in found.holds.contents.items()
        if state.kind == "executor_wait" and state.resource == found.resource
    )
    return queued_s / found.holds.held_s


def _waiting_ratio(situation: Situation, found: Bottleneck) -> float:
    """Of the pool's threads at the high step, those seen waiting in a line of the user's; 0 when few were seen."""
    step = situation.high
    if step is None:
        return 0.0
    seen = waiting = 0
    for stack in between(situation.recording.threads, step.start_s, step.end_s):
        if stack.resource == found.resource:
            seen += stack.count
            waiting += stack.count if stack.waits_in in WAITING_CALLS and stack.site >= 0 else 0
    return waiting / seen if seen >= FEWEST_STACKS else 0.0

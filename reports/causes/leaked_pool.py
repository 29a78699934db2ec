"""A pool whose connections are all taken and none of them is at work: they were never given back.  Pure.

Looks at invocations that never returned.  Where the connections are at calls that the provider has not answered, it is
the calls that do not return, and not this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.probe_records import Gauge, Span
from reports.attribution.capacity import find_capacity
from reports.causes.situation import Situation
from reports.causes.stuck_calls import find_stuck_calls

FEWEST_WAITING = 2  # requests; one may have been cut off by chance
MOST_AT_WORK = 0.5  # of the connections: with more the calls are what does not end


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakedPool:
    """One pool that ran dry."""

    resource: str
    capacity: float
    waiting_count: int  # requests seen waiting for it when they were given up
    site: int  # where they waited
    made_at: int
    at_work_count: int  # calls that the provider was at meanwhile


def find_leaked_pool(situation: Situation) -> LeakedPool | None:
    """The pool that most requests were stuck at; None when there is none."""
    waits = _open_waits(situation)
    if len(waits) < FEWEST_WAITING:
        return None
    resource, count = Counter(span.resource for span in waits).most_common(1)[0]
    readings = situation.recording.gauges.get(resource, ())
    capacity = find_capacity(readings)
    since_s = min(span.start_s for span in waits)
    at_work = _calls_open_after(situation, since_s)
    if count < FEWEST_WAITING or not capacity or not _is_full(readings, since_s):
        return None
    if at_work > MOST_AT_WORK * capacity:
        return None
    sites = Counter(span.site for span in waits if span.resource == resource)
    return LeakedPool(
        resource=resource,
        capacity=capacity,
        waiting_count=count,
        site=sites.most_common(1)[0][0],
        made_at=next((gauge.site for gauge in readings if gauge.site >= 0), -1),
        at_work_count=at_work,
    )


def _open_waits(situation: Situation) -> list[Span]:
    stuck = {one.trace_id for one in find_stuck_calls(situation.dataset, situation.steps)}
    return [
        span
        for traces in situation.recording.traces.values()
        for trace in traces
        if trace.trace_id in stuck
        for span in trace.spans
        if span.kind == "pool_wait" and span.end_s is None
    ]


def _is_full(readings: Sequence[Gauge], since_s: float) -> bool:
    later = [gauge for gauge in readings if gauge.at_s >= since_s and gauge.capacity]
    return any(gauge.waiting and gauge.in_use >= float(gauge.capacity or 0.0) for gauge in later)


def _calls_open_after(situation: Situation, since_s: float) -> int:
    """Calls that began before the first of them waited, and were not over by then at the provider."""
    attempts = situation.dataset.attempts
    if attempts is None:
        return 0
    is_open = np.isnan(attempts.end_s) | (attempts.end_s > since_s + 1.0)
    return int(np.sum(is_open & (attempts.received_s <= since_s)))

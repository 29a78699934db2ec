"""Requests that arrive by the clock: when each is due, and what could not be sent.  Runs under gevent in a worker.

Poisson arrivals: as of many people who know nothing of each other.  The users of a worker share one stream of due
times; each takes the next, waits for it, and sends.  When all are busy the next request is sent late, and is recorded
with the time at which it was due; what is still waiting when the step ends is recorded as cut off.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from gevent.event import Event

from harness.load.orders import Orders
from harness.records import Sample
from harness.tracing import new_trace_id

MOST_MISSED = 50_000  # samples written of a step for requests that were never sent


@dataclass(slots=True)
class Arrivals:
    """Due times of one worker in one step, from its share of the rate."""

    step: int
    rate_per_s: float
    next_s: float
    source: random.Random

    @classmethod
    def begin(cls, orders: Orders, start_s: float) -> Arrivals | None:
        """None: a closed loop."""
        if orders.arrivals_per_s is None:
            return None
        source = random.Random(f"{orders.settings.seed}:{orders.step}:{orders.lane}")
        rate_per_s = orders.arrivals_per_s / max(orders.lane_count, orders.lane + 1)
        return cls(orders.step, rate_per_s, start_s + source.expovariate(rate_per_s), source)

    def take(self) -> float:
        """When the next request is due."""
        due_s, self.next_s = self.next_s, self.next_s + self.source.expovariate(self.rate_per_s)
        return due_s

    def take_missed(self, end_s: float) -> Iterator[Sample]:
        """What was due before the end and that nobody was free to send."""
        for _ in range(MOST_MISSED):
            if self.next_s > end_s:
                return
            yield make_missed(self.step, self.take())


def make_missed(step: int, due_s: float) -> Sample:
    """The record of a request that was due and never sent."""
    return Sample(
        trace_id=new_trace_id(),
        step=step,
        user=-1,
        sequence=0,
        due_s=due_s,
        start_s=due_s,
        end_s=None,
        outcome="censored",
        error="not sent before the step ended",
    )


def wait_until_due(due_s: float, closed: Event) -> bool:
    """Block the calling user; False when the step has ended before."""
    while (left_s := due_s - time.monotonic()) > 0:
        if closed.wait(left_s):
            return False
    return not closed.is_set()

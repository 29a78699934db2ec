"""How full each resource was at each step: the event loop, the processor, pools, permits, the provider.  Pure.

What was not measured is left out, never 0.  The resource that is full first comes first.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from harness.probe_records import Gauge, ProcessReading
from reports.attribution.capacity import find_capacity
from reports.causes.situation import Situation
from reports.dataset import StepData
from reports.provider_use import measure_calls_in_work, measure_calls_per_minute, read_bounds
from reports.resource_names import name_pool, place_of_resource
from reports.tables import Attempts
from reports.verdict import Location, Resource, ResourceLoad

FULL_RATIO = 0.9  # the mean of a resource that is always full comes out a little lower
GIL_INTERVAL_S = 0.005  # after which a thread that computes gives the interpreter away
FEWEST_READINGS = 2
# Of those that are full at the same step, one with a capacity of its own tells more than what all requests share.
SHARED = ("loop", "cpu", "gil", "generator")
SYMPTOMS = ("gil", "generator")  # full because something else is, or not the target's

R = TypeVar("R", Gauge, ProcessReading)
_AT_S = operator.attrgetter("at_s")
Use = tuple[float, float | None]  # ratio, and how many wait
Measure = Callable[[StepData, float], Use | None]  # of a step whose window begins then


def list_resources(situation: Situation) -> list[Resource]:
    """Those that were measured in at least one step, the first to be full first."""
    found = [*_measure_process(situation), *_measure_pools(situation), *_measure_provider(situation)]
    return sorted((resource for resource in found if resource.loads), key=_rank)


def full_from(resource: Resource) -> int | None:
    """The fewest users at which it is full; None when it never is."""
    return min((load.users for load in resource.loads if load.use_ratio >= FULL_RATIO), default=None)


def _rank(resource: Resource) -> tuple[float, int, float, str]:
    users = None if resource.id in SYMPTOMS else full_from(resource)
    peak = max(load.use_ratio for load in resource.loads)
    shared = SHARED.index(resource.id) + 1 if resource.id in SHARED else 0
    return (math.inf if users is None else users, shared, -peak, resource.id)


def _make(
    situation: Situation,
    resource: str,
    name: str,
    measure: Measure,
    *,
    capacity: float | None = None,
    location: Location | None = None,
) -> Resource:
    loads = []
    for step in sorted(situation.dataset.steps, key=lambda step: step.users):
        summary = situation.summary_of(step)
        use = measure(step, step.start_s + (summary.warmup_s if summary else 0.0))
        if use is not None:
            loads.append(ResourceLoad(step=step.index, users=step.users, use_ratio=use[0], waiting=use[1]))
    return Resource(id=resource, name=name, capacity=capacity, loads=loads, location=location)


def _during(readings: Sequence[R], start_s: float, end_s: float) -> Sequence[R]:
    """Readings come in order of time, so that a long run needs no search through all of them at every step."""
    first = bisect_left(readings, start_s, key=_AT_S)
    return readings[first : bisect_right(readings, end_s, key=_AT_S)]


# ---- the processes ----


def _measure_process(situation: Situation) -> Iterator[Resource]:
    measures: dict[tuple[str, str], Callable[[Situation, StepData, float], float | None]] = {
        ("loop", "event loop"): _loop,
        ("cpu", "target's CPU (one core)"): _cpu,
        ("gil", "interpreter lock (GIL)"): _gil,
        ("generator", "generator's CPU (one core)"): _generator,
    }
    for (resource, name), measure in measures.items():
        yield _make(situation, resource, name, _alone(situation, measure))


def _alone(situation: Situation, measure: Callable[[Situation, StepData, float], float | None]) -> Measure:
    """As a use for which nobody is counted waiting."""

    def use(step: StepData, begin_s: float) -> Use | None:
        ratio = measure(situation, step, begin_s)
        return None if ratio is None else (ratio, None)

    return use


def _loop(situation: Situation, step: StepData, begin_s: float) -> float | None:
    return situation.loop.busy_ratio(begin_s, step.end_s)


def _cpu(situation: Situation, step: StepData, begin_s: float) -> float | None:
    readings = _during(situation.recording.process, begin_s, step.end_s)
    if len(readings) < FEWEST_READINGS or readings[-1].at_s <= readings[0].at_s:
        return None
    return float((readings[-1].cpu_s - readings[0].cpu_s) / (readings[-1].at_s - readings[0].at_s))


def _gil(situation: Situation, step: StepData, begin_s: float) -> float | None:
    """How late an idle thread gets the interpreter, of the time for which another may keep it; at most 1."""
    readings = _during(situation.recording.process, begin_s, step.end_s)
    late_s = [reading.gil_overshoot_s for reading in readings if reading.gil_overshoot_s is not None]
    return min(1.0, float(np.mean(late_s)) / GIL_INTERVAL_S) if late_s else None


def _generator(situation: Situation, step: StepData, _begin_s: float) -> float | None:
    summary = situation.summary_of(step)
    return summary.generator_cpu_ratio if summary else None


# ---- pools and the provider ----


def _measure_pools(situation: Situation) -> Iterator[Resource]:
    for resource, readings in sorted(situation.recording.gauges.items()):
        capacity = find_capacity(readings)
        if capacity:
            yield _make(
                situation,
                resource,
                name_pool(situation, resource),
                _pool(readings, capacity),
                capacity=capacity,
                location=place_of_resource(situation, resource),
            )


def _pool(readings: Sequence[Gauge], capacity: float) -> Measure:
    """By how long it was held, where that is counted, which misses nothing; and by looking, which is never behind."""

    def use(step: StepData, begin_s: float) -> Use | None:
        own = _during(readings, begin_s, step.end_s)
        if not own:
            return None
        in_use = max(float(np.mean([reading.in_use for reading in own])), _mean_holders(own))
        waiting = [reading.waiting for reading in own if reading.waiting is not None]
        return min(1.0, in_use / capacity), float(np.mean(waiting)) if waiting else None

    return use


def _mean_holders(readings: Sequence[Gauge]) -> float:
    """How many had it at a time, from the time it was held; 0 where that is not counted."""
    counted = [(reading.at_s, reading.held_s) for reading in readings if reading.held_s is not None]
    if len(counted) < FEWEST_READINGS or counted[-1][0] <= counted[0][0]:
        return 0.0
    return (counted[-1][1] - counted[0][1]) / (counted[-1][0] - counted[0][0])


def _measure_provider(situation: Situation) -> Iterator[Resource]:
    attempts = situation.dataset.attempts
    if attempts is None:
        return
    slots, per_minute = read_bounds(situation.dataset.plan, attempts)
    if slots is not None:
        yield _make(
            situation,
            "provider:slots",
            "provider's slots",
            lambda step, begin_s: (measure_calls_in_work(attempts, begin_s, step.end_s) / slots, None),
            capacity=slots,
        )
    if per_minute is not None:
        yield _make(
            situation,
            "provider:rate",
            "provider's rate limit",
            lambda step, begin_s: _bucket(attempts, begin_s, step.end_s, per_minute),
            capacity=per_minute,
        )


def _bucket(attempts: Attempts, begin_s: float, end_s: float, per_minute: float) -> Use | None:
    """None while the bucket lasts: more than its rate gets through, and nothing is refused."""
    during = attempts.take((attempts.received_s >= begin_s) & (attempts.received_s < end_s))
    ratio = measure_calls_per_minute(during, begin_s, end_s) / per_minute
    is_refusing = bool(np.any(during.is_outcome("rate_limited")))
    return (min(1.0, ratio), None) if is_refusing or ratio < 1 else None

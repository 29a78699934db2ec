"""A resource that invocations wait for: how long, how large, held by whom, whether the capacity law holds.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.probe_records import Gauge
from reports.attribution.capacity import agrees, capacity_for, find_capacity, make_proof
from reports.attribution.growth import Growth
from reports.attribution.holders import Holds, find_holds
from reports.attribution.recording import between
from reports.attribution.state import Seconds
from reports.causes.cause import LISTED_SHARE
from reports.causes.places import named_function
from reports.causes.situation import Situation
from reports.dataset import StepData
from reports.verdict import Proof

POOLED = ("executor_wait", "pool_wait")
IDLE_RATIO = 0.5  # of what it could carry
USED_RATIO = 0.7  # of it in use, on average: then it is not idle, however short each use
FULL_RATIO = 0.9
FEWEST_READINGS = 2  # of a gauge, to see what it counted between


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottleneck:
    """One resource and the wait for it."""

    kind: str  # of the wait
    resource: str
    share: float  # of the growth, after what lengthened the holds has its own
    low_wait_s: float  # per invocation
    high_wait_s: float
    capacity: float | None
    made_at: int | None  # site
    waited_at: int | None
    held_at: int | None  # the place that holds it longest
    holds: Holds | None  # at the high step
    low_hold_s: float | None  # per invocation
    high_hold_s: float | None
    proof: Proof | None
    used_ratio: float | None  # in use, on average over the high step; None: not counted
    wanted: int | None  # capacity that would carry the largest step

    @property
    def grown_s(self) -> float:
        return self.high_wait_s - self.low_wait_s

    @property
    def is_full(self) -> bool:
        """Whether hardly any of it was ever free, by its own count."""
        return self.used_ratio is not None and self.used_ratio >= FULL_RATIO

    @property
    def is_proven(self) -> bool:
        return agrees(self.proof) or self.is_full

    @property
    def is_idle(self) -> bool:
        """Whether a pool had room most of the time: then who waited for it waited for something else.

        Not told of locks: many of one name, one a key, are idle together while one of them is fought for.
        """
        if self.kind not in POOLED or self.proof is None or (self.used_ratio or 0.0) >= USED_RATIO:
            return False
        return self.proof.measured_per_s < IDLE_RATIO * self.proof.predicted_per_s


def find_bottlenecks(
    situation: Situation, kind: str, *, least_share: float = LISTED_SHARE
) -> list[Bottleneck]:
    """Resources whose waits of this kind grew, largest share first; none when there is no growth to explain."""
    growth = situation.growth
    if growth is None or not situation.explains_growth:
        return []
    found = [
        describe_bottleneck(situation, growth, kind, resource, share)
        for resource, share in growth.by_resource(kind)
        if share >= least_share
    ]
    return [one for one in found if not one.is_idle]


def share_of_idle_pools(situation: Situation, growth: Growth) -> float:
    """Of the growth, waits for threads while threads were free: work that could begin, had it got the processor."""
    return sum(
        share
        for resource, share in growth.by_resource("executor_wait")
        if share > 0 and describe_bottleneck(situation, growth, "executor_wait", resource, share).is_idle
    )


def describe_bottleneck(
    situation: Situation, growth: Growth, kind: str, resource: str, share: float
) -> Bottleneck:
    readings = situation.recording.gauges.get(resource, ())
    low, high = (find_holds(breakdown.holders, kind, resource) for breakdown in (growth.low, growth.high))
    low_hold_s = _held_per_invocation(situation, situation.low, readings, low)
    high_hold_s = _held_per_invocation(situation, situation.high, readings, high)
    capacity = find_capacity(readings)
    sites = growth.by_site(kind, resource=resource)
    return Bottleneck(
        kind=kind,
        resource=resource,
        share=share,
        low_wait_s=_waited(growth.low.seconds, kind, resource),
        high_wait_s=_waited(growth.high.seconds, kind, resource),
        capacity=capacity,
        made_at=next((gauge.site for gauge in readings if gauge.site >= 0), None),
        waited_at=next((site for site, _ in sites if site >= 0), None),
        held_at=_main_holder(situation, high),
        holds=high,
        low_hold_s=low_hold_s,
        high_hold_s=high_hold_s,
        proof=make_proof(capacity, high_hold_s, measured_rate(situation, situation.high)),
        used_ratio=_used_ratio(situation.high, readings),
        wanted=_wanted(situation, growth, low_hold_s or high_hold_s),
    )


def measured_rate(situation: Situation, step: StepData | None) -> float | None:
    """Invocations that ended, well or not, a second; None when none did."""
    summary = situation.summary_of(step)
    if summary is None or not summary.sample_count or summary.window_s <= 0:
        return None
    if (
        summary.throughput_per_s and summary.ok_count
    ):  # it counts answers across the edges of the window in part
        return summary.throughput_per_s * summary.sample_count / summary.ok_count
    return summary.sample_count / summary.window_s


def _waited(seconds: Seconds, kind: str, resource: str) -> float:
    return sum(
        value_s for state, value_s in seconds.items() if (state.kind, state.resource) == (kind, resource)
    )


def holders_by_function(situation: Situation, holds: Holds) -> list[tuple[int, float]]:
    """Functions of the user's by how long they hold, longest first, each by its line that holds longest.

    What libraries hold without a line of the user's is left out.
    """
    functions: dict[tuple[str, str], dict[int, float]] = {}
    for site, use in holds.sites.items():
        frames = situation.recording.frames(site)
        if frames:
            functions.setdefault((frames[0].file, named_function(frames[0].function)), {})[site] = use.held_s
    ranked = [(max(lines, key=lambda site: lines[site]), sum(lines.values())) for lines in functions.values()]
    return sorted(ranked, key=lambda item: -item[1])


def _main_holder(situation: Situation, holds: Holds | None) -> int | None:
    """Of the user's code where there is any: a library's thread time is mostly on behalf of it."""
    ranked = holders_by_function(situation, holds) if holds is not None else []
    return ranked[0][0] if ranked else None


def _held_per_invocation(
    situation: Situation, step: StepData | None, readings: Sequence[Gauge], holds: Holds | None
) -> float | None:
    """By the spans or by the resource's own count, whichever saw more; without a rate, taking one use per invocation.

    Spans end with their invocation: a thread that works on after its request was given up is held all the same.
    """
    seen_s = holds.held_s if holds is not None else 0.0
    own = (
        [gauge for gauge in between(readings, step.start_s, step.end_s) if gauge.held_s is not None]
        if step is not None
        else []
    )
    if len(own) < FEWEST_READINGS:
        return seen_s or None
    counted_s = float(own[-1].held_s or 0.0) - float(own[0].held_s or 0.0)
    ended = (measured_rate(situation, step) or 0.0) * (own[-1].at_s - own[0].at_s)
    if ended >= 1:
        return max(seen_s, counted_s / ended) or None
    served = (own[-1].served or 0) - (own[0].served or 0)
    return seen_s or (counted_s / served if served > 0 else None)


def _used_ratio(step: StepData | None, readings: Sequence[Gauge]) -> float | None:
    if step is None:
        return None
    own = [gauge for gauge in between(readings, step.start_s, step.end_s) if gauge.capacity]
    if len(own) < FEWEST_READINGS:
        return None
    return sum(min(float(gauge.in_use) / float(gauge.capacity), 1.0) for gauge in own) / len(own)


def _wanted(situation: Situation, growth: Growth, hold_s: float | None) -> int | None:
    """Enough for the largest step at the response time of the low one."""
    users = max((step.users for step in situation.steps), default=0)
    if not hold_s or not users or growth.low.response_s <= 0:
        return None
    return capacity_for(users / growth.low.response_s, hold_s)

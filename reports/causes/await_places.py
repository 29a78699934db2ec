"""Where tasks wait for what no probe measures: seconds per invocation, by Little's law.  Pure.

A look at all tasks, several times a second, gives the mean number that wait at a place; divided by the rate at which
invocations end, that is the time each spends there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from reports.attribution.recording import between
from reports.causes.bottleneck import measured_rate
from reports.causes.situation import Situation
from reports.dataset import StepData

LOOK_S = 0.2  # between two looks
FUTURE = "future"  # awaited bare by the user's own code: somebody else's turn


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitPlace:
    """One place, at the low and the high step."""

    site: int
    waits_in: str
    low_s: float
    high_s: float

    @property
    def grown_s(self) -> float:
        return self.high_s - self.low_s


def find_await_places(situation: Situation) -> list[AwaitPlace]:
    """Places of the user's, the one that grew most first."""
    low, high = (_seconds_by_place(situation, step) for step in (situation.low, situation.high))
    places = [
        AwaitPlace(site=site, waits_in=waits_in, low_s=low.get((site, waits_in), 0.0), high_s=high_s)
        for (site, waits_in), high_s in high.items()
        if site >= 0
    ]
    return sorted(places, key=lambda place: -place.grown_s)


def _seconds_by_place(situation: Situation, step: StepData | None) -> dict[tuple[int, str], float]:
    rate = measured_rate(situation, step)
    if step is None or not rate or step.hold_s <= 0:
        return {}
    counts: Counter[tuple[int, str]] = Counter()
    for stack in between(situation.recording.awaits, step.start_s, step.end_s):
        counts[stack.site, stack.waits_in] += stack.count
    looks = step.hold_s / LOOK_S
    return {place: count / looks / rate for place, count in counts.items()}

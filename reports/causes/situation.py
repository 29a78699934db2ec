"""Everything a cause may look at, put together once.  Pure.

low and high are the steps whose difference is explained: the lowest one, and the first that is clearly past the
saturation point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reports.attribution.breakdown import Breakdown, break_down
from reports.attribution.busy_loop import BusyLoop
from reports.attribution.growth import Growth, find_growth
from reports.attribution.recording import Recording
from reports.dataset import Dataset, StepData
from reports.verdict import Saturation, StepSummary

CLEARLY_PAST_RATIO = 1.3  # of the saturation point: at the point itself little has grown yet
FAR_PAST_RATIO = 1.8  # what limits is plain there; little further on, chance can be as large


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A run, measured and split up, before anybody is blamed."""

    dataset: Dataset
    steps: Sequence[StepSummary]
    saturation: Saturation
    recording: Recording = field(default_factory=Recording)
    breakdowns: Mapping[int, Breakdown] = field(
        default_factory=dict
    )  # by index of the step; without traces: none
    loop: BusyLoop = field(default_factory=lambda: BusyLoop([]))
    growth: Growth | None = None  # None: fewer than two steps were traced

    @property
    def is_saturated(self) -> bool:
        return self.saturation.status in ("saturated", "saturated_from_first_step")

    @property
    def explains_growth(self) -> bool:
        """Whether there is a growth, of a run that may have saturated, that causes can claim shares of."""
        return self.growth is not None and self.growth.is_enough and self.saturation.status != "not_reached"

    @property
    def low(self) -> StepData | None:
        """The step everything is compared with."""
        return self._step_data(self.growth.low.step if self.growth else None, default=0)

    @property
    def high(self) -> StepData | None:
        """The step that is explained."""
        return self._step_data(self.growth.high.step if self.growth else None, default=-1)

    def summary_of(self, step: StepData | None) -> StepSummary | None:
        return next((summary for summary in self.steps if step and summary.index == step.index), None)

    def _step_data(self, index: int | None, *, default: int) -> StepData | None:
        steps = self.dataset.steps
        if index is None:  # steps may have been run in any order
            return sorted(steps, key=lambda step: step.users)[default] if steps else None
        return next((step for step in steps if step.index == index), None)


def make_situation(
    dataset: Dataset, steps: Sequence[StepSummary], saturation: Saturation, recording: Recording
) -> Situation:
    """Split the traced steps, and compare the lowest with the one past the saturation point."""
    loop = BusyLoop.from_records(recording.loop, recording.late, recording.threads)
    found = break_down(dataset, recording, loop, steps)
    return Situation(
        dataset=dataset,
        steps=steps,
        saturation=saturation,
        recording=recording,
        breakdowns={breakdown.step: breakdown for breakdown in found},
        loop=loop,
        growth=_compare(found, saturation),
    )


def _compare(found: Sequence[Breakdown], saturation: Saturation) -> Growth | None:
    """The step past the point with the fewest users, or else the one with the most."""
    if len(found) < 2:
        return None
    by_users = sorted(found, key=lambda breakdown: breakdown.users)
    low, rest = by_users[0], by_users[1:]
    return find_growth(low, rest[pick_past([one.users for one in rest], saturation.users)])


def pick_past(users: Sequence[int], point: float | None) -> int:
    """Which of some steps (ascending) is explained: the first far past the point, else clearly past, else the last."""
    for ratio in (FAR_PAST_RATIO, CLEARLY_PAST_RATIO):
        past = [index for index, count in enumerate(users) if point is not None and count >= ratio * point]
        if past:
            return past[0]
    return len(users) - 1

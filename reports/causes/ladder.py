"""Which two steps are compared: the lowest, and the first clearly past the saturation point.  Pure; needs no traces."""

from __future__ import annotations

from dataclasses import dataclass

from reports.causes.situation import Situation, pick_past
from reports.dataset import StepData
from reports.verdict import StepSummary

ENOUGH_GROWTH_RATIO = 0.25  # of the low step's response time: below it there is nothing to explain


@dataclass(frozen=True, slots=True, kw_only=True)
class Rungs:
    """The two steps."""

    low: StepSummary
    high: StepSummary
    low_data: StepData
    high_data: StepData

    @property
    def grown_s(self) -> float | None:
        """Added mean response time; None when one of the two had no good answer."""
        if self.low.response_mean_s is None or self.high.response_mean_s is None:
            return None
        return self.high.response_mean_s - self.low.response_mean_s

    @property
    def has_grown(self) -> bool:
        grown_s = self.grown_s
        return (
            grown_s is not None
            and self.low.response_mean_s is not None
            and grown_s >= ENOUGH_GROWTH_RATIO * self.low.response_mean_s
        )


def compare_rungs(situation: Situation) -> Rungs | None:
    """None with fewer than two steps.  Without a saturation point the largest step is the high one."""
    data = {step.index: step for step in situation.dataset.steps}
    known = sorted((step for step in situation.steps if step.index in data), key=lambda step: step.users)
    if len(known) < 2 or known[0].users == known[-1].users:
        return None
    low, rest = known[0], known[1:]
    high = rest[pick_past([step.users for step in rest], situation.saturation.users)]
    return Rungs(low=low, high=high, low_data=data[low.index], high_data=data[high.index])

"""The pairs of a directory as ratios: throughput with many users, response time with few.  Reads; judges nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.pair_plan import SIDES, LoadName, PairPlan, SideName, read_plan
from harness.run_directory import RunDirectory
from reports.dataset import Dataset, load_dataset
from reports.steps import summarise_steps
from reports.verdict import StepSummary

FEWEST_COMPLETIONS = 0.5  # stands for none, so that a side that answers nothing is worse by a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """What two runs measured, slice by slice."""

    plan: PairPlan
    datasets: Mapping[SideName, Dataset]
    steps: Mapping[SideName, Mapping[int, StepSummary]]

    def slices(self, side: SideName, load: LoadName, count: int) -> list[StepSummary]:
        """Of the first pairs.  Raises KeyError when one was not measured."""
        return [self.steps[side][self.plan.step_index(load, pair)] for pair in range(count)]

    def throughputs(self, side: SideName, count: int) -> list[float]:
        """Answers a second of each slice; none at all counts as half an answer."""
        return [
            max(step.throughput_per_s or 0.0, FEWEST_COMPLETIONS / step.hold_s)
            for step in self.slices(side, "high", count)
        ]

    def lost_throughput(self, count: int) -> list[float]:
        """Logarithm of base over head in each pair: above 0 where head carries less."""
        both = zip(self.throughputs("base", count), self.throughputs("head", count), strict=True)
        return [math.log(base / head) for base, head in both]

    def added_response(self, count: int) -> list[float] | None:
        """Logarithm of head over base of the median: above 0 where head is slower.  None: a slice has no answer."""
        base, head = ([step.response_p50_s for step in self.slices(side, "low", count)] for side in SIDES)
        times = [(b, h) for b, h in zip(base, head, strict=True) if b and h]
        return [math.log(h / b) for b, h in times] if len(times) == count else None

    def loaded_from(self, side: SideName) -> list[Path]:
        """Folders of the code that the target had loaded when it began to serve; empty when it did not say."""
        ready = self.datasets[side].events_of("target_ready")
        return [Path(folder) for folder in (ready[-1].data.get("loaded_from") or [])] if ready else []


def read_pairs(directory: Path) -> Pairs:
    """Raises RunDirectoryError when a run, or the plan, is missing."""
    datasets = {side: load_dataset(RunDirectory.open(directory / side)) for side in SIDES}
    steps = {
        side: {step.index: step for step in summarise_steps(dataset)} for side, dataset in datasets.items()
    }
    return Pairs(plan=read_plan(directory), datasets=datasets, steps=steps)

"""Work per answer that grows with the requests served, beside a variable that grows with them.  Pure.

CPU per answer grows with users, too, in chains where nothing is kept.  Only where it has grown between two steps of
which the later had no more users, it is known to be the variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from reports.causes.kept_state import GrowingState, find_growing_variable
from reports.causes.situation import Situation
from reports.columns import Floats

FEWEST_ANSWERS = 10  # in a step: with fewer, its CPU is not theirs
FEWEST_STEPS = 3
GROWN_RATIO = 2.0  # the last step's CPU per answer to the first's
AGAIN_RATIO = 1.3  # the same, with no more users than before
FOLLOWS = 0.9  # correlation of CPU per answer with the variable's size


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCost:
    users: int
    answers: int
    cpu_s: float  # per answer, of the whole process
    size: float  # of the variable, in its middle


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowingWork:
    """A variable, and what an answer costs as it grows."""

    kept: GrowingState
    costs: tuple[StepCost, ...]  # in the order of the steps
    again: tuple[StepCost, StepCost] | None  # before and after, the later with no more users

    @property
    def ratio(self) -> float:
        return self.costs[-1].cpu_s / self.costs[0].cpu_s

    @property
    def correlation(self) -> float:
        """Of an answer's CPU with the variable's size."""
        size, cpu_s = np.array([(one.size, one.cpu_s) for one in self.costs]).T
        return float(np.corrcoef(size, cpu_s)[0, 1]) if min(np.std(size), np.std(cpu_s)) > 0 else 0.0


def find_growing_work(situation: Situation) -> GrowingWork | None:
    kept = find_growing_variable(situation)
    if kept is None:
        return None
    costs = tuple(_read_costs(situation, kept))
    if len(costs) < FEWEST_STEPS or costs[-1].cpu_s < GROWN_RATIO * costs[0].cpu_s:
        return None
    work = GrowingWork(kept=kept, costs=costs, again=_find_again(costs))
    return work if work.correlation >= FOLLOWS else None


def _find_again(costs: tuple[StepCost, ...]) -> tuple[StepCost, StepCost] | None:
    pairs = [pair for pair in combinations(costs, 2) if pair[1].users <= pair[0].users]
    again = max(pairs, key=lambda pair: pair[1].cpu_s / pair[0].cpu_s, default=None)
    return None if again is None or again[1].cpu_s < AGAIN_RATIO * again[0].cpu_s else again


def _read_costs(situation: Situation, kept: GrowingState) -> Iterator[StepCost]:
    process = situation.recording.process
    if len(process) < 2:
        return
    at_s, cpu_s = np.array([(one.at_s, one.cpu_s) for one in process]).T
    readings = [one for one in situation.recording.kept if (one.name, one.site) == (kept.name, kept.site)]
    kept_at_s, sizes = np.array([(one.at_s, one.size) for one in readings], float).T
    closed = [step for step in situation.dataset.steps if step.arrivals_per_s is None]
    for step in sorted(closed, key=lambda step: step.start_s):
        ends: Floats = np.array([step.start_s, step.drained_s or step.end_s])
        good_s = step.samples.end_s[step.samples.is_ok]
        answers = int(np.sum((good_s >= ends[0]) & (good_s <= ends[1])))
        used_s = float(np.diff(np.interp(ends, at_s, cpu_s))[0])  # falls when the target was started anew
        if answers >= FEWEST_ANSWERS and used_s > 0 and at_s[0] <= ends[0] and ends[1] <= at_s[-1]:
            size = float(np.interp(ends.mean(), kept_at_s, sizes))
            yield StepCost(users=step.users, answers=answers, cpu_s=used_s / answers, size=size)

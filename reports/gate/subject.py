"""A run as a gate looks at it: its verdict, and how sure its percentiles are.  Reads the run directory only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.run_directory import RunDirectory
from reports.analysis import Analysis, analyse
from reports.columns import Floats
from reports.dataset import Dataset, StepData
from reports.details import with_details
from reports.verdict import Finding, Location, StepSummary, Verdict

NORMAL_95 = 1.96
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Of the requests in a step's window, ascending seconds.

    One that failed, or was still without an answer when it was cut off, is infinite: else the survivors of an overload
    would pass for a fast chain.
    """

    response_s: Floats
    first_token_s: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One run to be judged."""

    scenario: str
    directory: str
    verdict: Verdict
    plan: Mapping[str, Any] = field(default_factory=dict)  # the provider's; empty: there was none
    times: Mapping[int, Times] = field(default_factory=dict)  # by index of the step

    def step_at(self, users: int) -> StepSummary | None:
        """The last that held so many users, each of whom waited for its answer."""
        return next((step for step in reversed(self.closed_steps) if step.users == users), None)

    @property
    def closed_steps(self) -> list[StepSummary]:
        """Without those whose requests came at a rate, whether or not answers came back."""
        return [step for step in self.verdict.steps if step.arrivals_per_s is None]

    @property
    def limit(self) -> Finding | None:
        """What explains the saturation point."""
        return next((finding for finding in self.verdict.findings if finding.role == "limit"), None)

    @property
    def place(self) -> Location | None:
        """The line to look at when something is wrong with this run."""
        return next((f.location for f in self.verdict.findings if f.location is not None), None)

    @property
    def is_seen_inside(self) -> bool:
        """Whether the target was measured from within: of a service given by its URL only answers are seen."""
        return any(step.traced_count for step in self.verdict.steps)


def read_subject(run: RunDirectory, *, scenario: str | None = None) -> tuple[Subject, Analysis]:
    """Analyse a run; the scenario's name is the run's own unless another is given.  Raises RunDirectoryError."""
    analysis = with_details(analyse(run))
    verdict = analysis.verdict
    subject = Subject(
        scenario=scenario or str(verdict.run.get("name")),
        directory=str(run.path),
        verdict=verdict,
        plan=analysis.dataset.plan,
        times=_collect_times(analysis.dataset, verdict),
    )
    return subject, analysis


def _collect_times(dataset: Dataset, verdict: Verdict) -> dict[int, Times]:
    summaries = {step.index: step for step in verdict.steps}
    return {
        step.index: _times_of(step, step.start_s + summaries[step.index].warmup_s)
        for step in dataset.steps
        if step.index in summaries
    }


def _times_of(step: StepData, begin_s: float) -> Times:
    samples = step.samples
    good = samples.take(samples.is_ok & (samples.end_s > begin_s) & (samples.end_s <= step.end_s))
    is_cut = np.isnan(samples.end_s) | (samples.end_s > begin_s)
    failed = np.full(int(np.sum(~samples.is_ok & is_cut)), np.inf)
    first_s = good.first_chunk_s - good.start_s
    return Times(
        response_s=np.sort(np.concatenate([good.end_s - good.start_s, failed])),
        first_token_s=np.sort(np.concatenate([first_s[~np.isnan(first_s)], failed])),
    )


def quantile_interval(ascending: Floats, q: float) -> Interval | None:
    """95 % interval of a quantile by its order statistics; infinite where there are too few beyond it.

    None: nothing was measured.
    """
    count = len(ascending)
    if count == 0:
        return None
    spread = NORMAL_95 * math.sqrt(count * q * (1 - q))
    low, high = math.floor(count * q - spread), math.ceil(count * q + spread)
    return (
        float(ascending[low]) if low >= 0 else 0.0,
        float(ascending[high]) if high < count else math.inf,
    )


def ratio_interval(hits: int, count: int) -> Interval | None:
    """95 % interval of a share (Wilson); None: nothing was counted."""
    if count == 0:
        return None
    z2 = NORMAL_95**2
    share = hits / count
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    spread = NORMAL_95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return max(0.0, middle - spread), min(1.0, middle + spread)

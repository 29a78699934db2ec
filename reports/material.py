"""What the page draws from: the verdict, the likely curve, the run over time, what got stuck.  Pure records.

Everything here is binned or counted, so that a million samples make no larger a page than a thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import Frame, StepOpen
from harness.run_directory import RunInfo
from reports.saturation import ThroughputCurve
from reports.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpan:
    """When a step ran; seconds since the run's first step began."""

    users: int
    start_s: float
    end_s: float
    warmup_end_s: float
    throughput_per_s: float | None
    is_steady: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The run in bins of equal length; counts are of requests that ended in the bin."""

    bin_s: float
    ok_counts: Sequence[int]
    error_counts: Sequence[int]
    rate_limited_counts: Sequence[int] | None  # None: no provider ledger
    restarts_s: Sequence[float]
    spans: Sequence[StepSpan]

    @property
    def ok_per_s(self) -> list[float]:
        return [count / self.bin_s for count in self.ok_counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckGroup:
    """Invocations that waited at the same place when they were given up."""

    count: int
    users: Sequence[int]  # the steps they belong to
    outcome: str
    open_steps: Sequence[StepOpen]
    stack: Sequence[Frame]  # outermost first
    longest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that a page needs."""

    verdict: Verdict
    info: RunInfo
    curve: ThroughputCurve | None
    timeline: Timeline | None
    stuck: Sequence[StuckGroup]

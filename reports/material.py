"""What the page draws from: the verdict, the likely curve, the run over time, what got stuck.  Pure records.

Everything here is binned or counted, so that a million samples make no larger a page than a thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from harness.records import Frame, StepOpen
from harness.run_directory import RunInfo
from reports.gate.criteria import GateVerdict
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
    fault_counts: Sequence[int] | None = None  # calls the provider broke on purpose, or had no room for
    loop_late_ratios: Sequence[float] | None = None  # of the bin, the event loop was in a long stretch

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
class Distribution:
    """Response times of a step's good answers: ``shares`` of them came within ``seconds``.  Both ascend."""

    users: int
    count: int
    shares: Sequence[float]
    seconds: Sequence[float]

    def quantile(self, share: float) -> float:
        return float(np.interp(share, self.shares, self.seconds))


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch in one state; seconds since the request began."""

    state: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterfallRow:
    """A step of the chain, each time it ran; or a state, where the run tree was not recorded."""

    label: str
    depth: int
    count: int
    runs: Sequence[tuple[float, float]]  # begin and end; those that touch are one; none: a state
    segments: Sequence[Segment]  # what was waited for or used in it

    @property
    def start_s(self) -> float:
        return min((start_s for start_s, _ in self._parts), default=0.0)

    @property
    def length_s(self) -> float:
        """Times that overlap count once."""
        return sum(end_s - start_s for start_s, end_s in self._parts)

    @property
    def _parts(self) -> Sequence[tuple[float, float]]:
        return self.runs or [(segment.start_s, segment.end_s) for segment in self.segments]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """One request, from its sending to its answer."""

    name: str  # "median" or "slowest"
    users: int
    trace_id: str
    response_s: float
    strip: Sequence[Segment]  # what it was in at each instant: no gaps
    rows: Sequence[WaterfallRow]
    hidden_count: int  # rows that are not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that a page needs."""

    verdict: Verdict
    info: RunInfo
    curve: ThroughputCurve | None
    timeline: Timeline | None
    stuck: Sequence[StuckGroup]
    distributions: Sequence[Distribution] = field(default=())
    waterfalls: Sequence[Waterfall] = field(default=())
    probe_gaps: Sequence[str] = field(default=())  # probes that could not be installed, and why
    gate: GateVerdict | None = None  # what a gate said of this run

"""What the event loop did while an invocation could not go on.  Pure: probe records in, seconds out.

The loop is measured in periods of about 100 ms.  An invocation that waits for nothing is ready to run: in a busy
period its time is the loop's.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.probe_records import LateStack, LoopActivity, ThreadStack
from reports.attribution.loop_profile import LoopProfile
from reports.attribution.state import Seconds, State
from reports.attribution.timeline import RUNNING, Gap

UNKNOWN = State("unknown")


@dataclass(frozen=True, slots=True)
class Period:
    """A short stretch of the loop's life."""

    start_s: float
    end_s: float
    busy_ratio: float
    shares: tuple[tuple[State, float], ...]  # of the busy part, by what kept it busy; they sum to 1


class BusyLoop:
    """The periods of one run, in order of time."""

    def __init__(self, periods: Sequence[Period], *, blocking: Mapping[int, str] | None = None) -> None:
        self.blocking = blocking or {}  # places seen blocking it, with the call that waits
        self._periods = sorted(periods, key=lambda period: period.start_s)
        self._starts = [period.start_s for period in self._periods]

    @classmethod
    def from_records(
        cls, activities: Iterable[LoopActivity], late: Iterable[LateStack], stacks: Iterable[ThreadStack] = ()
    ) -> BusyLoop:
        """stacks: counts of where threads were; those of the loop's own thread tell what kept it busy."""
        profile = LoopProfile(late, stacks)
        periods = []
        for activity in activities:
            length_s = activity.end_s - activity.start_s
            if length_s > 0:
                ratio = min(1.0, max(0.0, activity.busy_s / length_s))
                shares = profile.shares_at(activity.end_s)
                periods.append(Period(activity.start_s, activity.end_s, ratio, shares))
        return cls(periods, blocking=profile.blocking)

    @property
    def is_known(self) -> bool:
        return bool(self._periods)

    def explain(self, gaps: Iterable[Gap]) -> Seconds:
        """The seconds of the gaps, by state; their sum is kept.

        Time in which nothing is known to be waited for is the loop's up to the whole of its busy time; inside an open
        step, which may wait for something that is not measured, only in proportion.
        """
        seconds: Seconds = {}
        ready: dict[int, float] = defaultdict(float)
        for gap in gaps:
            rest_s = gap.end_s - gap.start_s
            if (
                gap.state is not None and gap.state == RUNNING
            ):  # in a thread of its own: the loop does not hold it up
                _add(seconds, gap.state, rest_s)
                continue
            for index, overlap_s in self._overlaps(gap.start_s, gap.end_s):
                rest_s -= overlap_s
                if gap.state is None:
                    ready[index] += overlap_s
                else:
                    self._divide(seconds, index, overlap_s, gap.state)
            if rest_s > 0:
                _add(seconds, gap.state or UNKNOWN, rest_s)
        for index, ready_s in ready.items():
            period = self._periods[index]
            busy_s = min(ready_s, period.busy_ratio * (period.end_s - period.start_s))
            self._add_busy(seconds, index, busy_s)
            _add(seconds, UNKNOWN, ready_s - busy_s)
        return seconds

    def busy_ratio(self, start_s: float, end_s: float) -> float | None:
        """Of the measured part of a stretch; None when nothing of it was measured."""
        overlaps = list(self._overlaps(start_s, end_s))
        measured_s = sum(overlap_s for _, overlap_s in overlaps)
        busy_s = sum(self._periods[index].busy_ratio * overlap_s for index, overlap_s in overlaps)
        return busy_s / measured_s if measured_s > 0 else None

    def _overlaps(self, start_s: float, end_s: float) -> Iterable[tuple[int, float]]:
        index = max(0, bisect.bisect_right(self._starts, start_s) - 1)
        at_s = start_s  # periods of two loops may overlap: no instant counts twice
        while index < len(self._periods) and self._periods[index].start_s < end_s:
            period = self._periods[index]
            overlap_s = min(end_s, period.end_s) - max(at_s, period.start_s)
            if overlap_s > 0:
                yield index, overlap_s
                at_s = min(end_s, period.end_s)
            index += 1

    def _divide(self, seconds: Seconds, index: int, overlap_s: float, state: State) -> None:
        busy_s = overlap_s * self._periods[index].busy_ratio
        self._add_busy(seconds, index, busy_s)
        _add(seconds, state, overlap_s - busy_s)

    def _add_busy(self, seconds: Seconds, index: int, busy_s: float) -> None:
        for state, share in self._periods[index].shares:
            _add(seconds, state, share * busy_s)


def _add(seconds: Seconds, state: State, value_s: float) -> None:
    if value_s > 0:
        seconds[state] = seconds.get(state, 0.0) + value_s

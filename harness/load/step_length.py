"""When a step has said enough.  Pure: is told of answers and times, reads no clock.

Works on what comes in while the step runs, in constant memory; the report judges the step again, from every answer.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from dataclasses import dataclass

from harness.records import Sample
from harness.step_orders import StepOrder

CELL_S = 0.1
PARTS = 10
FEWEST = 10  # answers, for a step to end early
ENOUGH = 200  # answers, for a step that is not sure to end in time
TIGHT_ERROR = 0.02  # of throughput, standard error, for a step to end early …
FAIR_ERROR = 0.03  # … and for one not to go on: between steps machines add as much
EDGE = 0.2  # generations of users, standard deviation of what lies across the window's ends
RESPONSES = 5.0  # of the slow kind, that a step should be long
MOST_TREND = 0.1  # of throughput, between the halves of the window


@dataclass(slots=True)
class Cell:
    """Good answers that lie in, or ended in, one tenth of a second."""

    work: float = 0.0  # an answer counts by the part that lies in the cell
    ended: int = 0
    response_s: float = 0.0  # summed
    squared: float = 0.0


class StepLength:
    """One step's answers, as far as its length depends on them."""

    def __init__(self, order: StepOrder, start_s: float) -> None:
        self._order = order
        self._start_s = start_s
        self._cells: defaultdict[int, Cell] = defaultdict(Cell)
        self._warm_users: set[int] = set()
        self._warm_s = 0.0  # of the step, when the last user had its first answer
        self._longest_s = 0.0

    def take(self, sample: Sample) -> None:
        """An answer, good or not."""
        if sample.end_s is None or sample.start_s < self._start_s:
            return
        begin_s, end_s = sample.start_s - self._start_s, sample.end_s - self._start_s
        if sample.user not in self._warm_users:
            self._warm_users.add(sample.user)
            self._warm_s = max(self._warm_s, end_s)
        if sample.outcome != "ok":
            return
        length_s = max(end_s - begin_s, 1e-6)
        self._longest_s = max(self._longest_s, length_s)
        last = self._cells[int(end_s / CELL_S)]
        last.ended, last.response_s = last.ended + 1, last.response_s + length_s
        last.squared += length_s**2
        for index in range(int(begin_s / CELL_S), int(end_s / CELL_S) + 1):
            inside_s = min(end_s, (index + 1) * CELL_S) - max(begin_s, index * CELL_S)
            self._cells[index].work += max(inside_s, 0.0) / length_s

    def is_over(self, now_s: float) -> bool:
        """Whether the step should end now."""
        order, passed_s = self._order, now_s - self._start_s
        if order.hold_least_s is not None and order.hold_least_s <= passed_s < order.hold_s:
            return self._is_sure(passed_s, TIGHT_ERROR)
        if passed_s < order.hold_s:
            return False
        if order.hold_most_s is None or passed_s >= order.hold_most_s:
            return True
        return self._is_sure(passed_s, FAIR_ERROR) or self._is_enough(passed_s)

    def _is_enough(self, passed_s: float) -> bool:
        """Without an answer at all, more time is not expected to bring one."""
        count, mean_s, spread = self._responses(0)
        if not count:
            return True
        return count >= ENOUGH and passed_s >= RESPONSES * mean_s * (1 + 2 * spread)

    def _is_sure(self, passed_s: float, most_error: float) -> bool:
        """Whether throughput is known so well, and does not move."""
        # What lies in the last cells is known in part only: their answers are still to come.
        first, last = math.ceil(self._warm_s / CELL_S), int((passed_s - self._longest_s) / CELL_S)
        width = (last - first) // PARTS
        if len(self._warm_users) < self._order.users or width < 1:
            return False
        count, _, spread = self._responses(first)
        parts = [
            sum(self._cells[index].work for index in range(at, at + width))
            for at in range(last - PARTS * width, last, width)
        ]
        mean = statistics.fmean(parts)
        if count < FEWEST or mean <= 0:
            return False
        half = PARTS // 2
        trend = abs(statistics.fmean(parts[half:]) - statistics.fmean(parts[:half])) / mean
        by_parts = statistics.stdev(parts) / math.sqrt(PARTS) / mean
        edge = EDGE * self._order.users * (self._order.users > 1) / count
        return (
            trend <= MOST_TREND and math.hypot(max(by_parts, spread / math.sqrt(count)), edge) <= most_error
        )

    def _responses(self, first: int) -> tuple[int, float, float]:
        """Count, mean and relative spread of the response times of answers that ended from this cell on."""
        cells = [cell for index, cell in self._cells.items() if index >= first]
        count = sum(cell.ended for cell in cells)
        if not count:
            return 0, 0.0, 0.0
        mean_s = sum(cell.response_s for cell in cells) / count
        variance = max(sum(cell.squared for cell in cells) / count - mean_s**2, 0.0)
        return count, mean_s, math.sqrt(variance) / mean_s

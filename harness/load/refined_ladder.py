"""The user's own steps, then those that narrow the saturation point down.  Runs under gevent in the leader."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import msgspec

from harness.load.advisor import AdvisorError
from harness.settings import RunSettings
from harness.step_orders import Advice, StepOrder

SHORTEST_S = 5.0  # of a step that may end early: probes and warm-up need their time
LONGEST_S = 60.0  # of a step that goes on
STEP_COST_S = 1.5  # between two windows: users, drain, the choice


class RefinedLadder:
    """A step source that asks for advice when the ladder is done, while there is time."""

    def __init__(
        self,
        settings: RunSettings,
        *,
        ask: Callable[[], Advice],
        notice: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._ask = ask
        self._notice = notice
        self._clock = clock
        self._ladder = list(settings.steps)
        self._end_s = math.inf  # of the time for steps; known from the first on
        self._later_s = settings.max_s  # of that time, after the step last handed out
        self._is_begun = False
        self._is_done = not settings.max_s

    @property
    def later_count(self) -> int:
        return len(self._ladder)

    @property
    def later_s(self) -> float:
        return max(self._settings.hold_s * len(self._ladder), 0.0 if self._is_done else self._later_s)

    def next_order(self) -> StepOrder | None:
        if not self._is_begun and self._settings.max_s:
            self._end_s = self._clock() + self._settings.max_s
        self._is_begun = True
        order = self._next_of_ladder() if self._ladder else None if self._is_done else self._refine()
        self._later_s = self._left_s - (order.hold_s if order else 0.0)
        self._is_done = self._is_done or order is None
        return order

    def _next_of_ladder(self) -> StepOrder:
        users = self._ladder.pop(0)
        # What is left is shared with the steps still to come, and one or two more.
        most_s = self._left_s / (len(self._ladder) + 2)
        return self._make(users, hold_s=self._settings.hold_s, most_s=most_s)

    @property
    def _left_s(self) -> float:
        return self._end_s - self._clock()

    def _refine(self) -> StepOrder | None:
        """None: it brings little, there is no time for it, or no advice."""
        adapts, hold_s = self._settings.adapts_hold, self._settings.hold_s
        left_s = self._left_s - STEP_COST_S
        if left_s < (min(SHORTEST_S, hold_s) if adapts else hold_s):
            return None
        try:
            advice = self._ask()
        except AdvisorError as error:
            self._notice(f"no steps were added to narrow the saturation point down: {error}")
            return None
        if advice.users is None:
            return None
        order = self._make(advice.users, hold_s=min(hold_s, left_s), most_s=left_s)
        return msgspec.structs.replace(order, purpose=advice.purpose, note=advice.note)

    def _make(self, users: int, *, hold_s: float, most_s: float) -> StepOrder:
        if not self._settings.adapts_hold:
            return StepOrder(users=users, hold_s=hold_s)
        return StepOrder(
            users=users,
            hold_s=hold_s,
            hold_least_s=min(SHORTEST_S, hold_s),
            hold_most_s=max(min(most_s, LONGEST_S), hold_s),
        )

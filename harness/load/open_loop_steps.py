"""Steps in which requests arrive by the clock: a whole ladder of rates, or one step after the others.  Pure."""

from __future__ import annotations

import math
from collections.abc import Callable

from harness.load.step_source import StepSource
from harness.settings import RunSettings
from harness.step_orders import StepOrder

CHECK_S = 8.0
CHECK_COST_S = 1.5  # before and after it: users, drain
CHECK_LOAD = 0.75  # of the highest throughput measured
FEWEST_DUE = 40  # requests in the step; fewer show no tail
SHORTEST_MAX_S = 45.0  # a run with less time for its steps needs all of it for the others
ROOM = 5.0  # users for each that the arrivals keep busy on average


class ArrivalLadder:
    """The rates of the settings, as given."""

    def __init__(self, settings: RunSettings) -> None:
        self._orders = [
            StepOrder(
                users=settings.most_in_flight(rate_per_s),
                hold_s=settings.hold_s,
                purpose="open_loop",
                arrivals_per_s=rate_per_s,
            )
            for rate_per_s in settings.arrivals_per_s
        ]

    def next_order(self) -> StepOrder | None:
        return self._orders.pop(0) if self._orders else None

    @property
    def later_count(self) -> int:
        return len(self._orders)

    @property
    def later_s(self) -> float:
        return sum(order.hold_s for order in self._orders)


class ThenOpenLoop:
    """Another source's steps, then one of arrivals at three quarters of the highest throughput they reached."""

    def __init__(
        self, inner: StepSource, settings: RunSettings, *, measured: Callable[[], tuple[float, float]]
    ) -> None:
        """measured: the highest throughput so far and the response time there; zeros when nothing was answered."""
        self._inner = inner
        self._settings = settings
        self._measured = measured
        self._is_done = False

    def next_order(self) -> StepOrder | None:
        order = None if self._is_done else self._inner.next_order()
        if order is not None or self._is_done:
            return order
        self._is_done = True
        return self._make_check()

    @property
    def later_count(self) -> int:
        return self._inner.later_count + (not self._is_done)

    @property
    def later_s(self) -> float:
        return 0.0 if self._is_done else self._inner.later_s + CHECK_S

    def _make_check(self) -> StepOrder | None:
        throughput_per_s, response_s = self._measured()
        rate_per_s = CHECK_LOAD * throughput_per_s
        if rate_per_s * CHECK_S < FEWEST_DUE:
            return None
        busy = math.ceil(ROOM * rate_per_s * response_s)
        return StepOrder(
            users=min(max(busy, *self._settings.steps), self._settings.most_users),
            hold_s=CHECK_S,
            purpose="open_loop",
            arrivals_per_s=round(rate_per_s, 3),
            note=f"{rate_per_s:.3g} requests a second",
        )

"""Where the steps of a run come from.  Runs under gevent in the leader."""

from __future__ import annotations

from typing import Protocol

from harness.step_orders import StepOrder


class StepSource(Protocol):
    """Is asked for the next step when the one before is drained."""

    def next_order(self) -> StepOrder | None:
        """None: the run is over.  May take its time; must yield to gevent meanwhile."""

    @property
    def later_count(self) -> int:
        """Steps that are known to come after the last one handed out."""

    @property
    def later_s(self) -> float:
        """Seconds that what comes after the last step handed out may take, at most; drains left out."""

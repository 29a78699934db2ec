"""Locust's view of the steps: how many users there should be now.  Runs in the process that leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from locust import LoadTestShape

if TYPE_CHECKING:
    from harness.load.plugin import LoadPlugin


class StepShape(LoadTestShape):
    """Steps of constant concurrency; a step ends when its last request has, not by the clock alone."""

    abstract = True
    plugin: ClassVar[LoadPlugin]

    def tick(self) -> tuple[int, float] | None:
        """Users and spawn rate of the next step, when it is due; None when the run has ended.

        Waits instead of repeating the last answer: Locust asks once a second, which would delay each step.
        """
        return self.plugin.next_users()

"""Collects the outcomes of the truth tests, prints them as a table at the end, and keeps them beside the runs.

Outcomes travel with the test reports, so that it does not matter in which process a test ran.
"""

from __future__ import annotations

import pytest
from driving import RUNS
from outcome import Outcome, confusion_lines, miss_lines, run_lines, write_outcomes

NAME = "truth-collector"
PROPERTY = "outcome"


class Collector:
    """The outcomes of all tests, as they end."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.outcomes += [Outcome(**value) for name, value in report.user_properties if name == PROPERTY]  # type: ignore[arg-type]

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        if not self.outcomes or hasattr(config, "workerinput"):  # whoever started the workers has them all
            return
        found = sorted(self.outcomes, key=lambda one: (one.scenario, one.variant))
        write_outcomes(RUNS / "outcomes.json", found)
        terminalreporter.section("verdicts")
        for line in [*confusion_lines(found), "", *run_lines(found), "", *miss_lines(found)]:
            terminalreporter.write_line(line)

"""Collects the outcomes of the truth tests, prints them as a table at the end, and keeps them beside the runs.

Outcomes travel with the test reports, so that it does not matter in which process a test ran.
"""

from __future__ import annotations

import pytest
from driving import RUNS
from outcome import Outcome, confusion_lines, miss_lines, run_lines, write_outcomes

PROPERTY = "outcome"


class Collector:
    """The outcomes of all tests, as they end."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.outcomes += [Outcome(**value) for name, value in report.user_properties if name == PROPERTY]  # type: ignore[arg-type]


COLLECTOR = pytest.StashKey[Collector]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COLLECTOR] = collector = Collector()
    config.pluginmanager.register(collector)


@pytest.fixture
def outcomes(pytestconfig: pytest.Config) -> list[Outcome]:
    """Of the runs so far; of the same scenario's, where tests run side by side."""
    return pytestconfig.stash[COLLECTOR].outcomes


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = sorted(config.stash[COLLECTOR].outcomes, key=lambda one: (one.scenario, one.variant))
    if not found:
        return
    write_outcomes(RUNS / "outcomes.json", found)
    terminalreporter.section("verdicts")
    for line in [*confusion_lines(found), "", *run_lines(found), "", *miss_lines(found)]:
        terminalreporter.write_line(line)

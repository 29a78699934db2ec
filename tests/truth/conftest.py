"""Collects the outcomes of the truth tests, prints them as a table at the end, and keeps them beside the runs."""

from __future__ import annotations

import pytest
from driving import RUNS
from outcome import Outcome, confusion_lines, miss_lines, run_lines, write_outcomes

OUTCOMES = pytest.StashKey[list[Outcome]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[OUTCOMES] = []


@pytest.fixture
def outcomes(pytestconfig: pytest.Config) -> list[Outcome]:
    """Of the runs so far."""
    return pytestconfig.stash[OUTCOMES]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(OUTCOMES, [])
    if not found:
        return
    write_outcomes(RUNS / "outcomes.json", found)
    terminalreporter.section("verdicts")
    for line in [*confusion_lines(found), "", *run_lines(found), "", *miss_lines(found)]:
        terminalreporter.write_line(line)

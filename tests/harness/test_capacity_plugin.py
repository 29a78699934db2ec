"""Capacity tests beside unit tests, in a test session of their own: real runs of a few seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.pytest_plugin import CapacityTest, hold
from reports.gate.criteria import CriterionResult, decide
from reports.verdict import Health, Saturation, Verdict

pytest_plugins = ["pytester"]

CHAIN = """
import asyncio
from langchain_core.runnables import RunnableLambda

slots = asyncio.Semaphore(2)

async def answer(question):
    async with slots:
        await asyncio.sleep(0.1)
        return "yes"

chain = RunnableLambda(answer)
"""

TESTS = """
import sys
import pytest

RUN = {"target": "chain.py:chain", "steps": [1, 4, 12], "hold": "2s", "max_seconds": 0, "input": "why?"}

@pytest.mark.chainload(**RUN, min_users=30)
def test_carries_thirty():
    raise AssertionError("never reached: the limit does not hold")

@pytest.mark.chainload(**RUN, max_error_ratio="10%", forbid="defect")
def test_fails_rarely(chainload):
    assert chainload.gate.status == "passed"
    assert chainload.verdict.steps[-1].users == 12
    assert (chainload.directory / "report.html").is_file()
    assert "gevent" not in sys.modules and "locust" not in sys.modules
"""

WRONG = """
import pytest

@pytest.mark.chainload(target="chain.py:chain", min_user=30, max_p95="2s", stepps=[1])
def test_mistyped():
    pass

@pytest.mark.chainload(target="none.py:chain", min_users=30)
def test_no_such_file():
    pass

def test_unmarked(chainload):
    pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(chain=CHAIN)
    return pytester


def test_a_marked_test_is_held_to_its_limits(project: pytest.Pytester) -> None:
    project.makepyfile(test_capacity=TESTS)
    result = project.runpytest_subprocess("--strict-markers", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*Gate failed: of 2 criteria, 1 failed*"])
    result.stdout.fnmatch_lines(["*at least 30 users are asked for*"])
    result.stdout.fnmatch_lines(["*Semaphore starved at chain.py:7*"])
    result.stdout.fnmatch_lines(["*Report: *report.html"])
    assert "never reached" not in result.stdout.str()


@pytest.mark.parametrize(
    ("strict", "outcome"), [(True, pytest.fail.Exception), (False, pytest.skip.Exception)]
)
def test_what_cannot_be_told_fails_or_skips_with_its_reason(
    strict: bool, outcome: type[BaseException]
) -> None:
    unclear = CriterionResult(
        name="min_users", scenario="s", status="inconclusive", reason="too few answers."
    )
    empty: dict[str, Any] = dict.fromkeys(
        ("users", "interval", "max_throughput_per_s", "safe_users", "next_step")
    )
    verdict = Verdict(
        run={},
        saturation=Saturation(**{"status": "undecided", **empty}),
        findings=[],
        steps=[],
        health=Health(),
    )
    found = CapacityTest(verdict=verdict, gate=decide([unclear], strict=strict), directory=Path("run"))
    with pytest.raises(outcome, match="min_users: too few answers"):
        hold(found)


def test_a_marker_that_cannot_be_used_says_everything_at_once(project: pytest.Pytester) -> None:
    project.makepyfile(test_wrong=WRONG)
    result = project.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(["*min_user is neither a limit nor a setting; did you mean min_users?"])
    result.stdout.fnmatch_lines(["*stepps is neither a limit nor a setting; did you mean steps?"])
    result.stdout.fnmatch_lines(["*max_p95 is '2s'*at how many users*"])
    result.stdout.fnmatch_lines(["*there is no file none.py*"])
    result.stdout.fnmatch_lines(["*the fixture chainload needs a marker*"])

"""One verdict, one exit code."""

from __future__ import annotations

from typing import Any

import pytest

from reports.gate.criteria import CriterionResult, decide


def result(status: Any, fault: Any = "chain") -> CriterionResult:
    return CriterionResult(name="min_users", scenario="s", status=status, reason="why", fault=fault)


PASSED, FAILED, UNSURE = result("passed"), result("failed"), result("inconclusive")


@pytest.mark.parametrize(
    ("results", "strict", "status", "code"),
    [
        ([PASSED, PASSED], True, "passed", 0),
        ([PASSED, FAILED, UNSURE], False, "failed", 1),
        ([PASSED, UNSURE], False, "inconclusive", 0),
        ([PASSED, UNSURE], True, "inconclusive", 3),
        ([result("failed", "run"), PASSED], False, "failed", 4),
        ([result("inconclusive", "generator"), UNSURE], False, "inconclusive", 5),
        ([result("failed", "run"), FAILED], False, "failed", 1),
        ([result("failed", "run"), result("inconclusive", "generator")], True, "failed", 4),
    ],
)
def test_the_worst_result_decides(
    results: list[CriterionResult], strict: bool, status: str, code: int
) -> None:
    verdict = decide(results, strict=strict)
    assert (verdict.status, verdict.exit_code) == (status, code)


def test_nothing_judged_is_never_a_pass() -> None:
    verdict = decide([], strict=False)
    assert (verdict.status, verdict.exit_code) == ("inconclusive", 3)

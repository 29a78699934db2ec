"""What the truth tests take for right: no other cause, place or saturation point, and no false accusation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from expected import Expected
from judge import DEFECT, first_cause, problems_of_broken, problems_of_clean

TARGET = "scenarios/chains/shop.py:broken"
PLANTED = Expected(functions=("ask",), code="gate", users=5.0)


def verdict_with(
    *findings: dict[str, Any], users: float | None = 5.0, notices: Sequence[str] = ()
) -> dict[str, Any]:
    return {
        "findings": list(findings),
        "health": {"notices": ["a worker left", *notices]},
        "saturation": {"users": users, "status": "saturated" if users else "undecided", "reason": "noise"},
    }


def finding(cause: str = "semaphore_starved", **changes: Any) -> dict[str, Any]:
    place = {
        "file": "scenarios/chains/shop.py",
        "line": 7,
        "function": "Desk.ask",
        "code": "async with gate:",
    }
    return {"cause": cause, "summary": "so", "location": place | changes if changes != {"at": None} else None}


def broken_problems(verdict: dict[str, Any]) -> list[str]:
    return problems_of_broken(verdict, cause="semaphore_starved", target=TARGET, expected=PLANTED)


def test_cause_place_and_users_as_planted_are_right() -> None:
    assert broken_problems(verdict_with(finding(), finding("unknown"))) == []


@pytest.mark.parametrize(
    "verdict",
    [
        verdict_with(),
        verdict_with(finding("cpu_bound"), finding()),
        verdict_with(finding(at=None)),
        verdict_with(finding(file="other/library.py")),
        verdict_with(finding(function="Desk.answer")),
        verdict_with(finding(code="return text")),
        verdict_with(finding(), users=7.0),
        verdict_with(finding(), users=None),
        verdict_with(finding(), notices=[f"whether cpu_bound plays a part could not be told; {DEFECT}"]),
    ],
)
def test_anything_else_is_a_problem(verdict: dict[str, Any]) -> None:
    assert len(broken_problems(verdict)) == 1


def test_an_accusation_of_a_healthy_chain_is_a_problem() -> None:
    assert problems_of_clean(verdict_with(finding(), finding("cpu_bound"))) != []


def test_the_frameworks_cpu_and_a_limit_that_is_there_are_no_accusations() -> None:
    verdict = verdict_with(
        finding("cpu_bound", at=None), finding("unknown"), finding("provider_slow", at=None)
    )
    assert problems_of_clean(verdict, limits=("provider_slow",)) == []
    assert len(problems_of_clean(verdict)) == 1


def test_without_a_finding_the_first_cause_is_none() -> None:
    assert first_cause(verdict_with()) == "none"

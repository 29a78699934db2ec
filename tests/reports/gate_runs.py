"""Subjects of a gate: simulated runs, and verdicts made by hand, for tests of what is said of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from page_material import make_verdict

from reports.gate.criteria import CriterionResult
from reports.gate.subject import Subject, Times
from reports.verdict import Verdict

ENVIRONMENT = {
    "machine": "x86_64", "cpu_count": 2, "python": "3.11.7", "implementation": "CPython", "chainload": "0.1.0",
}  # fmt: skip


def make_subject(verdict: Verdict | None = None, **fields: Any) -> Subject:
    """A run that saturates at 18.2 (16.0 to 20.4) users at a semaphore; ``times`` are those of its steps."""
    shown = verdict or make_verdict()
    shown.run.setdefault("environment", ENVIRONMENT)
    rng = np.random.default_rng(0)
    times = {}
    for step in shown.steps:
        response_s = np.sort(rng.normal(step.response_mean_s or 0.1, 0.01, max(step.ok_count, 1)))
        times[step.index] = Times(response_s=response_s, first_token_s=response_s / 2)
    made: dict[str, Any] = {
        "scenario": "chain", "directory": "runs/one", "verdict": shown, "times": times,
        "plan": {"latency": {"mean_s": 0.2}},
    }  # fmt: skip
    return Subject(**{**made, **fields})


def only(results: list[CriterionResult], name: str) -> CriterionResult:
    found = [result for result in results if result.name == name]
    assert len(found) == 1, [result.name for result in results]
    return found[0]

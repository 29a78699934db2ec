"""`pytest -m truth`: runs every scenario for real, broken and put right; the verdict must name what is planted.

`-n 2` takes half the time: most of what is planted waits rather than computes.  A chain put right is then compared with
the broken one only when both ran in the same process.

Measurements on a busy machine vary, so a run that does not come out right is made once more; how many were needed is
printed.  What is asserted is in judge.py, what is planted in the scenarios and in expected.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from driving import RUNS, RunFailedError, list_scenarios, run_fixed, run_scenario
from expected import EXPECTED, Expected
from judge import HEALTHY, first_cause, problems_of_broken, problems_of_clean
from outcome import Outcome, Variant

MOST_ATTEMPTS = 2
Judge = Callable[[dict[str, Any]], list[str]]

pytestmark = pytest.mark.truth


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A case for each chain of each scenario; none unless they are wanted, since listing them takes a process."""
    wanted = "not truth" not in metafunc.config.option.markexpr
    cases = [case for row in list_scenarios() for case in _cases(row)] if wanted else []
    metafunc.parametrize(("row", "variant"), cases, ids=[f"{row['name']}-{v}" for row, v in cases])


def _cases(row: dict[str, Any]) -> list[tuple[dict[str, Any], Variant]]:
    if row["expects"] == HEALTHY:
        return [(row, "healthy")]
    return [(row, "broken"), (row, "fixed")] if row["fixed"] else [(row, "broken")]


def test_verdict_is_true(
    row: dict[str, Any],
    variant: Variant,
    outcomes: list[Outcome],
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    name, expected = row["name"], EXPECTED.get(row["name"], Expected(is_placed=False))

    def judge(verdict: dict[str, Any]) -> list[str]:
        if variant == "broken":
            return problems_of_broken(verdict, cause=row["expects"], target=row["target"], expected=expected)
        problems = problems_of_clean(verdict, limits=expected.fixed_limits)
        if variant == "fixed" and expected.is_faster_fixed:
            problems += _no_gain(verdict, name, outcomes)
        return problems

    outcome = _run_until_right(row, variant, judge)
    record_property("outcome", asdict(outcome))
    with capsys.disabled():
        print(f" {outcome.found}, {outcome.attempts} of {MOST_ATTEMPTS} runs, {outcome.seconds:.0f} s")
    assert outcome.is_right, "\n".join([*outcome.problems, outcome.run])


def _run_until_right(row: dict[str, Any], variant: Variant, judge: Judge) -> Outcome:
    start_s = time.monotonic()
    for attempt in range(1, MOST_ATTEMPTS + 1):
        out = RUNS / f"{row['name']}-{variant}-{attempt}"
        verdict, problems = _run_and_judge(row, variant, out, judge)
        if not problems:
            break
    saturation = verdict["saturation"] if verdict else {"users": None, "max_throughput_per_s": None}
    return Outcome(
        scenario=row["name"],
        variant=variant,
        planted=row["expects"],
        found=first_cause(verdict) if verdict else "no verdict",
        problems=problems,
        attempts=attempt,
        seconds=time.monotonic() - start_s,
        users=saturation["users"],
        max_throughput_per_s=saturation["max_throughput_per_s"],
        run=str(out),
    )


def _run_and_judge(
    row: dict[str, Any], variant: Variant, out: Path, judge: Judge
) -> tuple[dict[str, Any] | None, list[str]]:
    """The verdict and what is wrong with it; a run that prints none is wrong for that."""
    try:
        verdict = _run(row, variant, out)
    except RunFailedError as error:
        return None, [str(error)]
    return verdict, judge(verdict)


def _run(row: dict[str, Any], variant: Variant, out: Path) -> dict[str, Any]:
    if variant == "fixed":
        return run_fixed(row["file"], row["fixed"], out)
    return run_scenario(row["file"], out)


def _no_gain(verdict: dict[str, Any], name: str, outcomes: list[Outcome]) -> list[str]:
    """A chain put right must answer more requests a second than the broken one did, where that one answered any."""
    broken = next((one for one in outcomes if one.scenario == name and one.variant == "broken"), None)
    before = broken.max_throughput_per_s if broken else None
    now = verdict["saturation"]["max_throughput_per_s"]
    if before is None or (now is not None and now > before):
        return []
    return [f"put right it answers {now} requests a second, broken it answered {before}"]

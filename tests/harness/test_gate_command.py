"""`chainload gate` and `chainload baseline` on runs that were made before: exit codes, and what is written."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))
from synthetic_run import make_run

from harness.cli import app
from harness.errors import ChainloadError

Gate = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def chainload(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def refused(*words: str) -> str:
    """The words of a bad input; main() ends with them and exit code 2."""
    result = chainload(*words)
    assert isinstance(result.exception, ChainloadError)
    assert result.exception.exit_code == 2
    return str(result.exception)


def simulate(path: Path, **plan: Any) -> str:
    make_run(path, steps=(1, 5, 20), hold_s=5.0, **plan)
    return str(path)


def test_exit_codes_follow_the_verdict(project: Path) -> None:
    queue = simulate(project / "queue", kind="queue")
    assert chainload("gate", queue, "--min-users", "4").exit_code == 0
    assert chainload("gate", queue, "--min-users", "9").exit_code == 1
    assert chainload("gate", queue, "--min-users", "5").exit_code == 0
    assert chainload("gate", queue, "--min-users", "5", "--strict").exit_code == 3
    assert chainload("gate", simulate(project / "cut", died_in_step=1), "--min-users", "1").exit_code == 4
    busy = simulate(project / "busy", kind="generator")
    assert chainload("gate", busy, "--min-users", "1").exit_code == 5


def test_an_inconclusive_gate_says_that_it_is_no_pass(project: Path) -> None:
    result = chainload("gate", simulate(project / "queue"), "--min-users", "5")
    assert "Gate inconclusive" in result.output
    assert "That is no pass" in result.output


def test_json_stands_alone_and_is_kept_with_the_run(project: Path) -> None:
    queue = simulate(project / "queue")
    result = chainload("gate", queue, "--min-users", "9", "--json")
    verdict = json.loads(result.stdout)
    assert (verdict["status"], verdict["exit_code"]) == ("failed", 1)
    assert json.loads((project / "queue" / "gate.json").read_text())["results"] == verdict["results"]
    page = (project / "queue" / "report.html").read_text()
    assert '<section id="gate">' in page
    assert "Gate failed: of 2 criteria, 1 failed." in page
    chainload("report", queue)
    assert "Gate failed" in (project / "queue" / "report.html").read_text()


def test_several_scenarios_have_one_verdict_and_their_own_limits(project: Path) -> None:
    (project / "chainload.toml").write_text(
        "[gate]\nmax_error_ratio = 0.5\n"
        "[gate.scenarios.queue]\nmin_users = 4\n[gate.scenarios.healthy]\nmin_users = 8\n"
    )
    runs = [simulate(project / kind, kind=kind) for kind in ("queue", "healthy")]
    result = chainload("gate", *runs, "--json", "--junit", "out/junit.xml")
    verdict = json.loads(result.stdout)
    assert result.exit_code == 0, result.output
    assert {(r["scenario"], r["threshold"]) for r in verdict["results"] if r["name"] == "min_users"} == {
        ("queue", 4.0),
        ("healthy", 8.0),
    }
    suites = ElementTree.parse(project / "out" / "junit.xml").getroot()
    assert [suite.attrib["name"] for suite in suites] == ["queue", "healthy"]


def test_a_section_that_names_no_run_fails(project: Path) -> None:
    (project / "chainload.toml").write_text("[gate]\nmin_users = 1\n[gate.scenarios.queu]\nmin_users = 9\n")
    result = chainload("gate", simulate(project / "queue"))
    assert result.exit_code == 1
    assert "did you mean queue?" in result.output


def test_two_runs_of_a_scenario_are_told_apart(project: Path) -> None:
    runs = [simulate(project / name) for name in ("one", "two")]
    verdict = json.loads(chainload("gate", *runs, "--min-users", "1", "--json").stdout)
    assert [run["scenario"] for run in verdict["runs"]] == ["queue (one)", "queue (two)"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["gate"], "nothing to judge"),
        (["gate", "."], "has no run.json"),
        (["gate", "none.py:chain", "--min-users", "1"], "there is no file none.py"),
        (["gate", "--min-users", "many", "--max-p95", "2s", "x"], "--max-p95 is '2s'"),
        (["gate", "x", "--forbid", "defects"], "did you mean defect?"),
        (["gate", "x", "--min-users", "1", "--baseline", "none.json"], "chainload baseline save"),
        (["gate", "x", "--min-users", "1", "--junit", "."], "a directory"),
        (["gate", "x", "--config", "none.toml"], "cannot be read"),
        (["baseline", "save", "none"], "does not exist"),
        (["baseline", "show", "none.json"], "cannot be read"),
    ],
)
def test_bad_input_is_told_before_anything_runs(project: Path, words: list[str], says: str) -> None:
    assert says in refused(*words)
    assert list(project.iterdir()) == []


def test_a_gate_without_criteria_is_refused(project: Path) -> None:
    assert "no criterion is given for queue" in refused("gate", simulate(project / "queue"))


def test_github_gets_annotations_and_a_summary(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hung = simulate(project / "hung", kind="hung")
    quiet = chainload("gate", hung, "--forbid", "defect")
    assert "::error" not in quiet.output
    summary = project / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = chainload("gate", hung, "--forbid", "defect")
    assert result.exit_code == 1
    assert "::error file=app/chain.py,line=42,title=hung%3A forbid defect::" in result.output
    text = summary.read_text()
    assert text.startswith("before\n## ❌ Gate failed")
    assert "Call never returns" in text


def test_a_baseline_is_saved_shown_and_compared_with(project: Path) -> None:
    queue = simulate(project / "queue")
    assert chainload("baseline", "save", queue).exit_code == 0
    assert "queue" in chainload("baseline", "show").stdout
    assert (
        json.loads(chainload("baseline", "show", "--json").stdout)["scenarios"]["queue"]["status"]
        == "saturated"
    )
    assert chainload("gate", queue, "--baseline", "chainload-baseline.json").exit_code == 0
    smaller = simulate(project / "smaller", kind="queue", capacity=3)
    result = chainload("gate", smaller, "--baseline", "chainload-baseline.json")
    assert result.exit_code == 1
    assert "baseline saturation users" in result.output
    other = simulate(project / "other", kind="queue", service_s=0.2)
    assert "another plan" in chainload("gate", other, "--baseline", "chainload-baseline.json").output


def test_a_directory_that_cannot_be_written_is_judged_all_the_same(project: Path) -> None:
    queue = simulate(project / "queue")
    (project / "queue" / "gate.json").mkdir()  # nobody, root included, can replace it by a file
    assert chainload("gate", queue, "--min-users", "4").exit_code == 0

"""What measured pairs come to: passed, failed, or inconclusive with its reason, and never a pass by accident."""

from __future__ import annotations

from pathlib import Path

import pytest
from measured_pairs import HIGH, LOW, write_pairs

from harness.errors import RunDirectoryError
from reports.gate.criteria import CriterionResult
from reports.gate.limits import Limits
from reports.gate.paired.judge import CALIBRATION, CODE, RESPONSE, THROUGHPUT, Judgement, judge_pairs

BASE = [(0.20, 0.10), (0.202, 0.10), (0.199, 0.101), (0.201, 0.10), (0.20, 0.099)]


def slower(share: float, *, high: bool = True, low: bool = False) -> list[tuple[float, float]]:
    """Head's pairs: response times longer so that throughput is lower by the share."""
    factor = 1 / (1 - share)
    return [(many * (factor if high else 1.0), few * (factor if low else 1.0)) for many, few in BASE]


def judge(directory: Path, count: int = 5, **limits: float) -> Judgement:
    judgement = judge_pairs(directory, count, Limits(**limits), scenario="chain")
    assert judgement is not None
    return judgement


def result(judgement: Judgement, name: str) -> CriterionResult:
    return next(result for result in judgement.results if result.name == name)


def test_the_same_speed_passes(tmp_path: Path) -> None:
    judgement = judge(write_pairs(tmp_path, {"base": BASE, "head": BASE}))
    assert [r.status for r in judgement.results] == ["passed"] * 3
    assert judgement.is_over


def test_less_throughput_fails_and_says_how_much(tmp_path: Path) -> None:
    judgement = judge(write_pairs(tmp_path, {"base": BASE, "head": slower(0.2)}))
    failed = result(judgement, THROUGHPUT)
    assert failed.status == "failed"
    assert failed.observed == pytest.approx(0.2, abs=0.01)
    assert f"head carries 20 % less throughput with {HIGH} users" in failed.reason
    assert "5 pairs; at most 5.0 % is allowed" in failed.reason
    assert result(judgement, RESPONSE).status == "passed"
    assert judgement.is_over


def test_slower_answers_below_saturation_fail_by_themselves(tmp_path: Path) -> None:
    judgement = judge(write_pairs(tmp_path, {"base": BASE, "head": slower(0.2, high=False, low=True)}))
    assert result(judgement, THROUGHPUT).status == "passed"
    failed = result(judgement, RESPONSE)
    assert failed.status == "failed"
    assert f"head answers 25 % slower with {LOW} users" in failed.reason


def test_what_is_allowed_passes(tmp_path: Path) -> None:
    directory = write_pairs(tmp_path, {"base": BASE, "head": slower(0.2)})
    assert result(judge(directory, max_throughput_loss=0.4), THROUGHPUT).status == "passed"


def test_an_improvement_passes_and_is_told(tmp_path: Path) -> None:
    passed = result(judge(write_pairs(tmp_path, {"base": slower(0.2), "head": BASE})), THROUGHPUT)
    assert passed.status == "passed"
    assert "more throughput" in passed.reason


def test_a_change_at_the_limit_asks_for_more_pairs(tmp_path: Path) -> None:
    judgement = judge(write_pairs(tmp_path, {"base": BASE, "head": slower(0.05)}))
    assert result(judgement, THROUGHPUT).status == "inconclusive"
    assert not judgement.is_over


def test_scatter_that_hides_the_limit_is_the_reason_given(tmp_path: Path) -> None:
    head = [(0.15, 0.1), (0.28, 0.1), (0.16, 0.1), (0.25, 0.1), (0.2, 0.1)] * 4
    open_result = result(judge(write_pairs(tmp_path, {"base": BASE * 4, "head": head}), 20), THROUGHPUT)
    assert open_result.status == "inconclusive"
    assert "pairs scatter so much here" in open_result.reason


def test_between_looks_there_is_nothing_to_decide(tmp_path: Path) -> None:
    directory = write_pairs(tmp_path, {"base": BASE, "head": BASE})
    assert judge_pairs(directory, 3, Limits(), scenario="chain") is None


def test_code_of_the_other_side_ends_it_before_anything_is_measured(tmp_path: Path) -> None:
    """As an editable install of the user's package has it."""
    strangers = {"base": [tmp_path / "tree-head" / "src" / "app"]}
    directory = write_pairs(tmp_path, {"base": [], "head": []}, loaded_from=strangers)
    judgement = judge(directory, 0)
    assert judgement.is_over
    assert [(r.name, r.status) for r in judgement.results] == [(CODE, "inconclusive")]
    assert "base loaded code of the other side" in judgement.results[0].reason


def test_code_from_neither_tree_is_inconclusive(tmp_path: Path) -> None:
    installed = [tmp_path / "site-packages" / "app"]
    directory = write_pairs(
        tmp_path, {"base": BASE, "head": BASE}, loaded_from={"base": installed, "head": installed}
    )
    judgement = judge(directory)
    assert judgement.results[0].status == "inconclusive"
    assert "loaded nothing from its own tree" in judgement.results[0].reason


def test_own_code_lets_the_measurement_begin(tmp_path: Path) -> None:
    judgement = judge(write_pairs(tmp_path, {"base": [], "head": []}), 0)
    assert not judgement.is_over
    assert not judgement.failed


def test_a_busy_load_generator_is_inconclusive(tmp_path: Path) -> None:
    directory = write_pairs(tmp_path, {"base": BASE, "head": slower(0.2)}, cpu_ratio=0.95)
    found = result(judge(directory), THROUGHPUT)
    assert (found.status, found.fault) == ("inconclusive", "generator")


def test_a_base_that_fails_is_no_measure(tmp_path: Path) -> None:
    directory = write_pairs(tmp_path, {"base": BASE, "head": BASE}, failing=["base", "head"])
    found = result(judge(directory), THROUGHPUT)
    assert found.status == "inconclusive"
    assert "RuntimeError: no" in found.reason


def test_a_head_that_fails_has_lost_its_throughput(tmp_path: Path) -> None:
    directory = write_pairs(tmp_path, {"base": BASE, "head": BASE}, failing=["head"])
    judgement = judge(directory)
    assert result(judgement, THROUGHPUT).status == "failed"
    assert result(judgement, RESPONSE).status == "inconclusive"
    assert judgement.is_over


def test_calibration_says_what_can_be_found_here(tmp_path: Path) -> None:
    directory = write_pairs(tmp_path, {"base": BASE * 2, "head": BASE * 2}, is_calibration=True)
    passed = result(judge(directory, 10), CALIBRATION)
    assert passed.status == "passed"
    assert "20 pairs find" in passed.reason


def test_a_limit_below_what_can_be_found_is_refused(tmp_path: Path) -> None:
    head = [(0.15, 0.1), (0.28, 0.1), (0.16, 0.1), (0.25, 0.1), (0.2, 0.1)] * 2
    directory = write_pairs(tmp_path, {"base": BASE * 2, "head": head}, is_calibration=True)
    assert result(judge(directory, 10), CALIBRATION).status == "inconclusive"


def test_a_side_that_was_not_measured_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError):
        judge(tmp_path)

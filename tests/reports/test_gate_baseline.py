"""A kept run: what is compared, and when it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from gate_runs import ENVIRONMENT, make_subject
from page_material import make_finding, make_settings, make_steps, make_verdict

from harness.errors import BadInputError
from reports.gate.baseline import KeptRun, keep_run, make_baseline_table, read_baseline, save_baseline
from reports.gate.criteria import CriterionResult
from reports.gate.judge_baseline import judge_against
from reports.gate.limits import Limits
from reports.gate.subject import Subject
from reports.verdict import Location, Proof

LIMIT = "baseline limiting cause"


def kept(**changes: Any) -> KeptRun:
    return msgspec.structs.replace(keep_run(make_subject()), **changes)


def against(subject: Subject, before: KeptRun | None = None, **limits: Any) -> dict[str, CriterionResult]:
    results = judge_against(subject, before or kept(), Limits(**limits))
    assert len({result.name for result in results}) == len(results)
    return {result.name: result for result in results}


def test_the_same_run_passes() -> None:
    results = against(make_subject())
    assert {result.status for result in results.values()} == {"passed"}
    assert set(results) == {
        "baseline plan", "baseline saturation users", "baseline throughput", LIMIT, "baseline defects",
        "baseline retries",
    }  # fmt: skip


# ---- how much it carries ----


def test_clearly_fewer_users_than_the_slack_allows_fail() -> None:
    fewer = make_subject(make_verdict(users=11.0, interval=(10.5, 12.0)))
    result = against(fewer)["baseline saturation users"]
    assert result.status == "failed"
    assert result.location is not None
    assert against(fewer, baseline_slack=0.5)["baseline saturation users"].status == "passed"


def test_users_around_the_slack_are_inconclusive() -> None:
    near = make_subject(make_verdict(users=13.0, interval=(11.0, 15.0)))
    assert against(near)["baseline saturation users"].status == "inconclusive"


def test_less_throughput_fails_though_as_many_users_saturate_it() -> None:
    slower = make_subject(make_verdict(steps=make_steps(capacity_per_s=25.0)))
    results = against(slower)
    assert results["baseline throughput"].status == "failed"
    assert results["baseline saturation users"].status == "passed"


def test_another_machine_is_not_compared_in_times_but_in_facts() -> None:
    verdict = make_verdict(users=2.0, interval=(1.5, 2.5))
    verdict.run["environment"] = {**ENVIRONMENT, "cpu_count": 64}
    results = against(make_subject(verdict))
    assert results["baseline saturation users"].status == "inconclusive"
    assert "cpu count 64, was 2" in results["baseline saturation users"].reason
    assert results["baseline throughput"].status == "inconclusive"
    assert results[LIMIT].status == "passed"


def test_only_facts_are_compared_when_that_is_asked_for() -> None:
    assert "baseline throughput" not in against(make_subject(), baseline_limits=False)


# ---- whether the two compare at all ----


def test_another_plan_fails_and_names_the_difference() -> None:
    other = make_subject(plan={"latency": {"mean_s": 2.0}})
    results = against(other)
    assert set(results) == {"baseline plan"}
    assert results["baseline plan"].status == "failed"
    assert "latency.mean is 2.0, was 0.2" in results["baseline plan"].reason


def test_other_settings_fail_but_other_steps_do_not() -> None:
    other = make_subject(make_verdict(settings=make_settings(mode="invoke")))
    assert against(other)["baseline plan"].status == "failed"
    longer = make_subject(make_verdict(settings=make_settings(steps=(1, 7, 30), hold_s=30.0)))
    assert against(longer)["baseline plan"].status == "passed"


def test_a_scenario_that_was_not_kept_fails() -> None:
    results = judge_against(make_subject(), None, Limits())
    assert [result.status for result in results] == ["failed"]
    assert "chainload baseline save runs/one" in results[0].reason


# ---- what limits ----


def other_limit(**fields: Any) -> Subject:
    place = Location(file="app/chain.py", line=7, function="ask")
    made = {"cause": "event_loop_blocked", "location": place, "proof": None, **fields}
    return make_subject(make_verdict(findings=[make_finding(**made)]))


def test_another_cause_fails_at_its_line() -> None:
    result = against(other_limit())[LIMIT]
    assert result.status == "failed"
    assert result.location is not None
    assert result.location.line == 7
    assert "Event loop blocked now limits you at app/chain.py:7 in ask" in result.reason
    assert "it was semaphore starved (5 at a time) at app/chain.py:42 in run" in result.reason


def test_a_cause_that_is_not_sure_does_not_fail() -> None:
    assert against(other_limit(confidence="medium"))[LIMIT].status == "inconclusive"


def test_another_cause_with_more_users_passes() -> None:
    finding = make_finding(cause="cpu_bound")
    better = make_subject(make_verdict(findings=[finding], users=40.0, interval=(38.0, 42.0)))
    result = against(better)[LIMIT]
    assert result.status == "passed"
    assert "save it anew" in result.reason


@pytest.mark.parametrize(("capacity", "status"), [(3, "failed"), (5, "passed"), (8, "passed")])
def test_less_room_in_the_same_pool_fails(capacity: int, status: str) -> None:
    proof = Proof(capacity=capacity, hold_s=0.1, predicted_per_s=capacity * 10, measured_per_s=48)
    subject = make_subject(make_verdict(findings=[make_finding(proof=proof)]))
    assert against(subject)[LIMIT].status == status


def test_moved_code_is_no_change() -> None:
    place = Location(file="app/other.py", line=3, function="renamed")
    subject = make_subject(make_verdict(findings=[make_finding(location=place)]))
    assert against(subject)[LIMIT].status == "passed"


def test_a_run_that_saturates_only_beyond_what_was_kept_passes() -> None:
    before = kept(status="not_reached", users=None, interval=None, lower_bound_users=10.0, limit=None)
    assert against(make_subject(), before)[LIMIT].status == "passed"
    assert against(make_subject(), kept(limit=None))[LIMIT].status == "failed"


def test_steps_that_end_too_early_tell_nothing_of_the_limit() -> None:
    short = make_verdict("not_reached", findings=[], steps=make_steps((1, 5)), lower_bound_users=4.3)
    results = against(make_subject(short))
    assert results[LIMIT].status == "inconclusive"
    assert results["baseline saturation users"].status == "inconclusive"
    far = make_verdict("not_reached", findings=[])
    assert against(make_subject(far))[LIMIT].status == "passed"


def test_a_run_whose_limit_is_unknown_is_inconclusive() -> None:
    assert against(make_subject(make_verdict(findings=[])))[LIMIT].status == "inconclusive"


# ---- defects and retries ----


def test_a_new_defect_fails_and_an_old_one_does_not() -> None:
    defect = make_finding(role="defect", cause="runaway_loop", summary="It never stops.")
    subject = make_subject(make_verdict(findings=[defect, make_finding()]))
    assert against(subject)["baseline defects"].status == "failed"
    assert against(subject, keep_run(subject))["baseline defects"].status == "passed"


def test_more_retries_fail() -> None:
    steps = make_steps(calls={"ok": 100, "rate_limited": 60}, retry_count=60)
    result = against(make_subject(make_verdict(steps=steps)))["baseline retries"]
    assert result.status == "failed"
    assert "1.60 provider calls per first try with 50 users, 1.00 in the baseline" in result.reason


def test_open_loop_steps_are_not_compared_as_steps_of_so_many_users() -> None:
    burst = make_steps((50,), arrivals_per_s=60.0, calls={"ok": 10, "rate_limited": 90}, retry_count=90)
    steps = [*make_steps(), *burst]
    results = against(make_subject(make_verdict(steps=steps)))
    assert {result.status for result in results.values()} == {"passed"}


def test_retries_that_nobody_counts_are_not_judged() -> None:
    steps = make_steps(calls=None, retry_count=None)
    assert "baseline retries" not in against(
        make_subject(make_verdict(steps=steps)), kept(retry_amplification={})
    )


# ---- the file ----


def test_a_file_keeps_scenarios_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    save_baseline(path, [make_subject()])
    save_baseline(path, [make_subject(scenario="other")])
    baseline = read_baseline(path)
    assert list(baseline.scenarios) == ["chain", "other"]
    assert baseline.scenarios["chain"] == keep_run(make_subject())
    assert path.stat().st_size < 5000
    assert [row[0] for row in make_baseline_table(baseline).rows] == ["chain", "other"]


def test_an_undecided_run_is_no_baseline() -> None:
    with pytest.raises(BadInputError, match="is no baseline: the curve bends"):
        keep_run(make_subject(make_verdict("undecided")))


@pytest.mark.parametrize(
    ("text", "says"),
    [(None, "chainload baseline save"), ("[]", "none of chainload's"), ('{"schema": 9}', "has schema 9")],
)
def test_a_file_that_cannot_be_used_says_how_to_make_one(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "baseline.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadInputError, match=says):
        read_baseline(path)

from collections.abc import Callable

import pytest
from synthetic_run import write_stream

from harness.errors import ExitCode
from harness.records import Event
from harness.run_directory import RunDirectory
from reports.analysis import analyse, analyse_steps, exit_code_of

Make = Callable[..., RunDirectory]


def test_a_queue_saturates_where_it_is_full_and_nothing_is_made_up_about_why(run_of: Make) -> None:
    verdict = analyse(run_of(kind="queue", capacity=5)).verdict
    assert verdict.saturation.status == "saturated"
    assert verdict.saturation.users == pytest.approx(5, rel=0.1)
    assert [finding.cause for finding in verdict.findings] == ["unknown"]
    assert exit_code_of(verdict) is ExitCode.OK


def test_a_healthy_run_has_no_finding(run_of: Make) -> None:
    verdict = analyse(run_of(kind="healthy")).verdict
    assert verdict.saturation.status == "not_reached"
    assert verdict.findings == []
    assert verdict.health.load_generator is None and verdict.health.notices == []


def test_a_slow_steady_provider_is_innocent(run_of: Make) -> None:
    verdict = analyse(run_of(kind="healthy", service_s=1.0, steps=(1, 5, 20))).verdict
    assert verdict.saturation.status == "not_reached" and verdict.findings == []


def test_rare_errors_are_no_cause(run_of: Make) -> None:
    verdict = analyse(run_of(kind="healthy", error_every=100)).verdict
    assert verdict.findings == []
    assert verdict.steps[-1].error_ratio == pytest.approx(0.01, abs=0.005)


def test_when_the_generator_was_the_limit_there_is_no_verdict_on_the_chain(run_of: Make) -> None:
    verdict = analyse(run_of(kind="generator")).verdict
    assert (verdict.saturation.status, verdict.saturation.users) == ("undecided", None)
    assert verdict.saturation.reason == "the load generator was the limit, not the chain"
    assert [finding.cause for finding in verdict.findings] == ["load_generator_limit"]
    assert exit_code_of(verdict) is ExitCode.LOAD_GENERATOR_LIMIT


def test_users_that_get_stuck_withhold_the_saturation_point(run_of: Make) -> None:
    verdict = analyse(run_of(kind="hung")).verdict
    assert verdict.saturation.status == "undecided"
    assert verdict.saturation.reason is not None and "got stuck" in verdict.saturation.reason
    assert exit_code_of(verdict) is ExitCode.OK


def test_a_run_that_died_gives_a_verdict_on_what_was_measured(run_of: Make) -> None:
    verdict = analyse(run_of(kind="queue", steps=(1, 5, 20, 50), died_in_step=2)).verdict
    assert verdict.run["completed"] is False
    assert [step.users for step in verdict.steps] == [1, 5, 20]
    assert verdict.saturation.status == "saturated"
    assert "the step of 20 users was not finished" in verdict.health.notices


def test_a_run_that_measured_nothing_is_undecided(run_of: Make) -> None:
    run = run_of(kind="queue")
    for name in ("samples", "invocations", "events", "generator", "provider"):
        run.file(f"{name}.jsonl").unlink()
    verdict = analyse(run).verdict
    assert verdict.steps == [] and verdict.saturation.reason == "no step was measured"


def test_the_run_says_what_it_was(run_of: Make) -> None:
    run = analyse(run_of(kind="queue")).verdict.run
    assert run["target"] == "app/chain.py:chain" and run["mode"] == "ainvoke" and run["completed"] is True
    assert run["duration_s"] == pytest.approx(44, abs=2)
    assert run["settings"]["steps"] == [1, 5, 20, 50]
    assert run["environment"]["langchain-core"] == "1.7.2"


def test_notices_and_restarts_are_health(run_of: Make) -> None:
    run = run_of(kind="healthy", steps=(1, 5))
    events = [
        Event(at_s=5010.0, kind="target_restarted", step=0, message="it did not answer for 3 s"),
        Event(at_s=5011.0, kind="notice", message="the limit of open files is 1024"),
        Event(at_s=5012.0, kind="notice", message="the limit of open files is 1024"),
    ]
    write_stream(run.file("events.jsonl"), events)
    health = analyse(run).verdict.health
    assert health.target == "started anew 1 time (it did not answer for 3 s)"
    assert health.notices == ["the limit of open files is 1024"]


def test_steps_measured_elsewhere_have_no_findings() -> None:
    analysis = analyse_steps([], name="file.json")
    assert analysis.verdict.run == {"name": "file.json", "completed": True}
    assert analysis.verdict.findings == [] and analysis.curve is None


def test_the_same_directory_gives_the_same_verdict(run_of: Make) -> None:
    run = run_of(kind="rate_limited")
    assert analyse(run).verdict == analyse(run).verdict

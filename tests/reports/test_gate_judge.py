"""Every criterion passes, fails, and says when it cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gate_runs import make_subject, only
from page_material import make_finding, make_steps, make_verdict

from harness.run_directory import RunDirectory
from reports.gate.criteria import CriterionResult, decide
from reports.gate.judge import judge
from reports.gate.limits import Limits, parse_limits
from reports.gate.subject import Subject, quantile_interval, ratio_interval, read_subject
from reports.verdict import Health, ProbeOverhead, Verdict

RunOf = Callable[..., RunDirectory]


def limits(**values: Any) -> Limits:
    parsed, problems = parse_limits(values)
    assert problems == []
    return Limits(**parsed)


def judge_one(subject: Subject, **values: Any) -> CriterionResult:
    """The last result: the one that was asked for."""
    return judge(subject, limits(**values))[-1]


def judge_run(run: RunDirectory, **values: Any) -> CriterionResult:
    return judge_one(read_subject(run)[0], **values)


# ---- users ----


@pytest.mark.parametrize(
    ("asked", "status"), [(15, "passed"), (16, "passed"), (18, "inconclusive"), (21, "failed")]
)
def test_saturation_users_are_judged_on_the_interval(asked: float, status: str) -> None:
    assert judge_one(make_subject(), min_users=asked).status == status


def test_a_failure_points_at_the_line_that_limits() -> None:
    result = judge_one(make_subject(), min_users=30)
    assert result.location is not None
    assert (result.location.file, result.location.line) == ("app/chain.py", 42)
    assert "18 users (95 %: 16–20)" in result.reason


def test_a_run_that_does_not_saturate_passes_only_below_its_lower_bound() -> None:
    subject = make_subject(make_verdict("not_reached", lower_bound_users=45.0))
    assert judge_one(subject, min_users=45).status == "passed"
    beyond = judge_one(subject, min_users=60)
    assert beyond.status == "failed"
    assert "add a step of 69 users or more" in beyond.reason


def test_saturated_from_the_first_step_fails_when_that_step_is_below_what_is_asked_for() -> None:
    verdict = make_verdict("saturated_from_first_step", users=None, interval=None, steps=make_steps((5, 20)))
    assert judge_one(make_subject(verdict), min_users=6).status == "failed"
    assert judge_one(make_subject(verdict), min_users=3).status == "inconclusive"


def test_an_undecided_verdict_is_inconclusive_with_its_reason() -> None:
    result = judge_one(make_subject(make_verdict("undecided")), min_users=15)
    assert result.status == "inconclusive"
    assert "4 to 60 users wide" in result.reason


def test_a_verdict_undecided_because_the_chain_is_broken_fails() -> None:
    defect = make_finding(role="defect", cause="call_never_returns", summary="The tool never returns.")
    assert (
        judge_one(make_subject(make_verdict("undecided", findings=[defect])), min_users=1).status == "failed"
    )
    none = make_steps(ok_count=0, throughput_per_s=None, error_ratio=1.0)
    silent = make_verdict("undecided", findings=[], steps=none)
    assert judge_one(make_subject(silent), min_users=1).status == "failed"


@pytest.mark.parametrize(
    ("asked", "status"), [(5, "passed"), (10, "inconclusive"), (20, "failed"), (60, "failed")]
)
def test_safe_users_are_those_of_a_tested_step(asked: int, status: str) -> None:
    assert judge_one(make_subject(), min_safe_users=asked).status == status


# ---- steps ----


@pytest.mark.parametrize(
    ("asked", "status"), [("45@20", "passed"), ("50@20", "inconclusive"), ("60@20", "failed")]
)
def test_throughput_is_judged_on_its_interval(asked: str, status: str) -> None:
    assert judge_one(make_subject(), min_throughput=asked).status == status


@pytest.mark.parametrize("name", ["max_p50", "max_p95", "max_p99", "max_ttft"])
def test_times_pass_and_fail(run_of: RunOf, name: str) -> None:
    subject = read_subject(run_of(kind="queue", streaming=True, steps=(1, 20), hold_s=25.0))[0]
    assert judge_one(subject, **{name: "2s@20"}).status == "passed"
    assert judge_one(subject, **{name: "1ms@20"}).status == "failed"


def test_a_percentile_of_few_answers_is_inconclusive() -> None:
    subject = make_subject(make_verdict(steps=make_steps((1, 5), capacity_per_s=4.0)))
    result = judge_one(subject, max_p99="5s@5")
    assert result.status == "inconclusive"
    assert "too few answers" in result.reason


def test_requests_that_failed_are_not_left_out_of_percentiles(run_of: RunOf) -> None:
    result = judge_run(run_of(kind="rate_limited"), max_p95="30s@20")
    assert result.status == "failed"
    assert "never answered" in result.reason


def test_a_step_that_was_not_run_fails_and_says_which_were() -> None:
    result = judge_one(make_subject(), max_p95="2s@7")
    assert result.status == "failed"
    assert "no step of 7 users was measured (steps: 1, 5, 20, 50)" in result.reason


def test_open_loop_steps_are_no_steps_of_so_many_users() -> None:
    steps = [*make_steps((1, 5)), *make_steps((7,), arrivals_per_s=7.0)]
    assert judge_one(make_subject(make_verdict(steps=steps)), max_p95="2s@7").status == "failed"


def test_first_tokens_that_were_not_timed_fail(run_of: RunOf) -> None:
    result = judge_run(run_of(kind="queue"), max_ttft="1s@5")
    assert result.status == "failed"
    assert "mode astream" in result.reason


def test_errors_fail_beyond_chance_only(run_of: RunOf) -> None:
    assert judge_run(run_of(kind="queue"), max_error_ratio="0%").status == "passed"
    assert judge_run(run_of(kind="queue", error_every=10), max_error_ratio="1%").status == "failed"
    few = make_subject(make_verdict(steps=make_steps(errors={20: 5})))
    assert judge_one(few, max_error_ratio="1%@20").status == "inconclusive"
    assert judge_one(few, max_error_ratio="0%@20").status == "failed"
    assert judge_one(few, max_error_ratio="1%@5").status == "passed"


def test_retries_are_counted_per_first_try(run_of: RunOf) -> None:
    assert judge_run(run_of(kind="queue"), max_retry_amplification=1.0).status == "passed"
    assert judge_run(run_of(kind="rate_limited"), max_retry_amplification=1.5).status == "failed"
    unknown = make_subject(make_verdict(steps=make_steps(calls=None, retry_count=None)))
    assert judge_one(unknown, max_retry_amplification=1.5).status == "failed"


# ---- causes, and the measurement itself ----


def test_a_forbidden_cause_fails_at_its_line() -> None:
    result = judge_one(make_subject(), forbid=["semaphore_starved"])
    assert result.status == "failed"
    assert result.location is not None
    assert result.location.line == 42
    assert judge_one(make_subject(), forbid="event_loop_blocked").status == "passed"


def test_any_defect_can_be_forbidden(run_of: RunOf) -> None:
    assert judge_run(run_of(kind="hung"), forbid="defect").status == "failed"
    assert judge_one(make_subject(), forbid="defect").status == "passed"


def test_a_cause_that_is_barely_supported_is_inconclusive() -> None:
    verdict = make_verdict(findings=[make_finding(confidence="low")])
    assert judge_one(make_subject(verdict), forbid="semaphore_starved").status == "inconclusive"


def test_a_cause_that_could_not_be_seen_is_inconclusive() -> None:
    verdict = make_verdict(findings=[], steps=make_steps(traced_count=None))
    assert judge_one(make_subject(verdict), forbid="event_loop_blocked").status == "inconclusive"
    notice = "whether cpu_bound plays a part could not be told from this run (KeyError)"
    unanswered = make_verdict(findings=[], health=Health(notices=[notice]))
    assert judge_one(make_subject(unanswered), forbid="cpu_bound").status == "inconclusive"


def overhead(**fields: Any) -> Verdict:
    return make_verdict(health=Health(probe_overhead=ProbeOverhead(**fields)))


def test_probe_overhead_that_was_not_measured_is_inconclusive() -> None:
    assert judge_one(make_subject(), max_probe_overhead="3%").status == "inconclusive"
    unknown = judge_one(make_subject(overhead(reason="only 3 answers came")), max_probe_overhead="3%")
    assert unknown.status == "inconclusive"
    assert "only 3 answers came" in unknown.reason


@pytest.mark.parametrize(("low", "status"), [(0.0, "passed"), (0.025, "inconclusive"), (0.04, "failed")])
def test_probe_overhead_is_judged_on_its_interval(low: float, status: str) -> None:
    verdict = overhead(ratio=low + 0.005, interval=(low, low + 0.01))
    assert judge_one(make_subject(verdict), max_probe_overhead="3%").status == status


def test_a_run_that_was_cut_short_is_no_pass(run_of: RunOf) -> None:
    results = judge(read_subject(run_of(kind="queue", died_in_step=2))[0], limits(forbid="defect"))
    assert only(results, "measurement").status == "failed"
    assert decide(results, strict=False).exit_code == 4


def test_a_run_without_requests_is_no_pass(run_of: RunOf) -> None:
    run = run_of(kind="queue", steps=(1,))
    for name in ("samples", "events", "invocations", "provider"):
        run.file(f"{name}.jsonl").write_text("")
    results = judge(read_subject(run)[0], limits(max_error_ratio="1%"))
    assert {result.status for result in results} == {"failed"}


def test_a_busy_load_generator_is_never_a_pass(run_of: RunOf) -> None:
    asked = limits(min_users=1, min_safe_users=1, max_p95="9s@20", min_throughput="1@20")
    results = judge(read_subject(run_of(kind="generator"))[0], asked)
    assert {result.status for result in results} == {"inconclusive"}
    assert decide(results, strict=False).exit_code == 5


def test_a_late_provider_is_not_held_against_a_chain_that_nothing_explains() -> None:
    late = Health(
        mock="its answers came 90 ms later than planned with 20 users (median); this machine was busy"
    )
    unexplained = make_subject(make_verdict(findings=[], health=late))
    assert judge_one(unexplained, min_users=30).status == "inconclusive"
    assert judge_one(make_subject(make_verdict(health=late)), min_users=30).status == "failed"


# ---- intervals ----


def test_the_interval_of_a_quantile_is_open_where_too_few_lie_beyond() -> None:
    import numpy as np

    values = np.arange(1000.0)
    low, high = quantile_interval(values, 0.95) or (0.0, 0.0)
    assert low < 950 < high < 970
    assert quantile_interval(values[:20], 0.95) == (17.0, float("inf"))
    assert quantile_interval(values[:0], 0.95) is None


def test_the_interval_of_a_share_holds_it() -> None:
    low, high = ratio_interval(5, 100) or (0.0, 0.0)
    assert low < 0.05 < high
    assert ratio_interval(0, 0) is None

"""The small rules that causes are made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from bare_run import BareRun
from synthetic_run import write_stream

from harness.probe_records import Span, Trace
from mock_provider.records import Attempt
from reports.analysis import analyse
from reports.attribution.intervals import Served, make_intervals
from reports.causes import CAUSES, diagnose
from reports.causes.bottleneck import Bottleneck
from reports.causes.call_chains import read_call_chains
from reports.causes.cause import rate_confidence
from reports.causes.growing_state import find_trend
from reports.causes.provider_load import widest_per_invocation
from reports.causes.situation import Situation, pick_past
from reports.causes.standstill import find_cycle
from reports.tables import Attempts, read_attempts
from reports.verdict import Finding, Location, Proof


def bottleneck(
    kind: str, *, predicted_per_s: float, measured_per_s: float, used: float | None = None
) -> Bottleneck:
    proof = Proof(
        capacity=6, hold_s=6 / predicted_per_s, predicted_per_s=predicted_per_s, measured_per_s=measured_per_s
    )
    return Bottleneck(
        kind=kind, resource="r", share=0.8, low_wait_s=0.0, high_wait_s=1.0, capacity=6, made_at=None, waited_at=None,
        held_at=None, holds=None, low_hold_s=None, high_hold_s=None, proof=proof, used_ratio=used, wanted=None,
    )  # fmt: skip


def test_a_pool_that_had_room_is_idle_whoever_waited() -> None:
    assert bottleneck("executor_wait", predicted_per_s=100, measured_per_s=10).is_idle
    assert not bottleneck("executor_wait", predicted_per_s=12, measured_per_s=10).is_idle


def test_a_pool_that_counts_itself_full_is_not_idle_however_short_its_uses() -> None:
    found = bottleneck("executor_wait", predicted_per_s=100, measured_per_s=10, used=0.97)
    assert not found.is_idle and found.is_proven


def test_of_locks_idleness_is_not_told() -> None:
    assert not bottleneck("lock_wait", predicted_per_s=100, measured_per_s=10).is_idle


@pytest.mark.parametrize(
    ("share", "is_proven", "confidence"),
    [
        (0.9, True, "high"),
        (0.9, False, "medium"),
        (0.5, True, "medium"),
        (0.5, False, "low"),
        (0.3, True, "low"),
        (None, True, "high"),
    ],
)
def test_confidence_is_earned_by_share_and_proof(
    share: float | None, is_proven: bool, confidence: str
) -> None:
    assert rate_confidence(share, is_proven=is_proven) == confidence


def test_a_cycle_is_the_shortest_way_back() -> None:
    edges = {"a": {"b": 1, "c": 1}, "b": {"d": 1}, "c": {"a": 1}, "d": {"a": 1}}
    assert find_cycle(edges, "a") == ["a", "c"]
    assert find_cycle({"a": {"b": 1}, "b": {}}, "a") is None
    assert find_cycle({"a": {"a": 1}}, "a") == ["a"]


def attempts_of(path: Path, spans: list[tuple[str, float, float | None]]) -> Attempts:
    records = [
        Attempt(
            ordinal=index, endpoint="chat.completions", trace_id=trace * 32, received_s=start_s, end_s=end_s,
            outcome="ok" if end_s is not None else "open",
        )
        for index, (trace, start_s, end_s) in enumerate(spans)
    ]  # fmt: skip
    write_stream(path, records)
    read = read_attempts(path)
    assert read is not None
    return read


def test_the_width_of_an_invocation_is_its_calls_at_one_time(tmp_path: Path) -> None:
    attempts = attempts_of(
        tmp_path / "provider.jsonl",
        [("a", 0, 4), ("a", 1, 3), ("a", 2, None), ("b", 0, 1), ("b", 1, 2), ("c", 5, 6)],
    )
    assert sorted(widest_per_invocation(attempts).tolist()) == [1, 1, 3]


def test_no_calls_have_no_width(tmp_path: Path) -> None:
    attempts = attempts_of(tmp_path / "provider.jsonl", [("a", 0, 1)])
    assert widest_per_invocation(attempts.take(np.zeros(1, bool))).tolist() == []


def test_retries_of_the_client_are_no_calls_of_the_chain(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    calls: list[dict[str, Any]] = [
        {"retry_count": one % 3, "at_s": 0.01 * one, "seconds": 0.005} for one in range(18)
    ]
    run.call(0, 0, 0, at_s=1.0, calls=calls)
    run.call(0, 0, 1, at_s=2.0)
    chains = read_call_chains(analyse(run.finish()).situation)
    assert [(chain.count, chain.depth) for chain in chains.long] == [(6, 6)] and chains.short_count == 1


def test_too_few_prompts_show_no_trend(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    for number in range(10):
        run.call(0, 0, number, at_s=number * 0.5, calls=[{"prompt_chars": 100 * (number + 1)}])
    assert find_trend(analyse(run.finish()).situation) is None


def test_an_exchange_counts_from_its_arrival_at_the_provider_to_its_end_there() -> None:
    spans = [Span("provider", 1, 1.0, 5.0, 7, "provider"), Span("pool_wait", 1, 1.0, 2.0, 7, "http_pool:1")]
    trace = Trace(trace_id="a", step=0, start_s=0.0, end_s=6.0, spans=spans)
    found = {
        one.kind: (one.start_s, one.end_s)
        for one in make_intervals(trace, [Served(received_s=2.5, end_s=4.5, queued_s=0.5)], end_s=6.0)
    }
    assert found == {
        "pool_wait": (1.0, 2.0),
        "provider_queue": (2.5, 3.0),
        "provider": (3.0, 4.5),
        "connection": (2.0, 5.0),  # it is held from the end of the wait for it
    }


def test_a_call_that_no_probe_saw_stands_for_itself() -> None:
    trace = Trace(trace_id="a", step=0, start_s=0.0, end_s=6.0, spans=[])
    (interval,) = make_intervals(trace, [Served(received_s=1.0, end_s=None, queued_s=0.0)], end_s=6.0)
    assert (interval.kind, interval.start_s, interval.end_s) == ("provider", 1.0, 6.0)


@pytest.mark.parametrize(
    ("users", "point", "picked"),
    [
        ((4, 8, 20), 3.0, 8),  # 4 is past it, but hardly anything has grown there
        ((4, 5), 3.5, 5),
        ((5, 20), 18.0, 20),
        ((5, 20), None, 20),
    ],
)
def test_the_step_that_is_explained_is_far_past_the_point(
    users: tuple[int, ...], point: float | None, picked: int
) -> None:
    assert users[pick_past(users, point)] == picked


# ---- order ----


def finding(cause: str, confidence: str, share: float | None, *, role: str = "limit") -> Finding:
    return Finding(
        cause=cause, role=role, confidence=confidence, share_of_growth=share, location=None, summary="s", evidence=[],  # type: ignore[arg-type]
        fix="f",
    )  # fmt: skip


def order(tmp_path: Path, *findings: Finding) -> list[str]:
    run = BareRun(tmp_path / "run")
    run.call(0, 0, 0, at_s=1.0)
    situation: Situation = analyse(run.finish()).situation
    return [one.cause for one in diagnose(situation, {"all": lambda _: findings}).findings]


def test_findings_are_ordered_by_confidence_then_share(tmp_path: Path) -> None:
    found = [finding("a", "low", 0.9), finding("b", "high", 0.6), finding("c", "high", 0.8)]
    assert order(tmp_path, *found) == ["c", "b", "a"]


def test_what_is_wrong_at_any_load_comes_before_what_limits(tmp_path: Path) -> None:
    found = [finding("semaphore_starved", "high", 0.9), finding("growing_state", "high", None, role="defect")]
    assert order(tmp_path, *found) == ["growing_state", "semaphore_starved"]


def test_the_framework_comes_last_among_equals(tmp_path: Path) -> None:
    found = [finding("cpu_bound", "medium", 0.9), finding("semaphore_starved", "medium", 0.5)]
    assert order(tmp_path, *found) == ["semaphore_starved", "cpu_bound"]


def test_the_load_generators_limit_stands_alone(tmp_path: Path) -> None:
    found = [finding("load_generator_limit", "medium", None), finding("cpu_bound", "high", 0.9)]
    assert order(tmp_path, *found) == ["load_generator_limit"]


def test_unknown_is_said_only_when_nothing_else_is(tmp_path: Path) -> None:
    assert order(tmp_path, finding("unknown", "low", None), finding("cpu_bound", "low", 0.3)) == ["cpu_bound"]
    assert order(tmp_path / "alone", finding("unknown", "low", None)) == ["unknown"]


def test_a_cause_that_fails_takes_nothing_with_it(tmp_path: Path) -> None:
    def fails(_: Situation) -> list[Finding]:
        raise KeyError("moment")

    run = BareRun(tmp_path / "run")
    run.call(0, 0, 0, at_s=1.0)
    situation = analyse(run.finish()).situation
    diagnosis = diagnose(situation, {"a": fails, "b": lambda _: [finding("b", "high", 0.8)]})
    assert [one.cause for one in diagnosis.findings] == ["b"]
    assert "whether a plays a part" in diagnosis.unanswered[0]
    assert "KeyError" in diagnosis.unanswered[0]


def test_every_cause_is_silent_about_a_run_without_requests(tmp_path: Path) -> None:
    situation = analyse(BareRun(tmp_path / "run").finish()).situation
    assert [list(cause(situation)) for cause in CAUSES.values()] == [[]] * len(CAUSES)


def test_a_sleep_ends_when_it_was_due_however_late_the_loop_was() -> None:
    late = Span("sleep", 3, 1.0, 1.5, 0, "sleep", None, "0.2")
    sampled = Span("sleep", 3, 2.0, 2.5, 0, "sleep")
    trace = Trace(trace_id="a", step=0, start_s=0.0, end_s=3.0, spans=[late, sampled])
    ends = [interval.end_s for interval in make_intervals(trace, [], end_s=3.0)]
    assert ends == pytest.approx([1.2, 2.5], abs=0.01)


def test_computing_where_clients_are_built_is_the_building(tmp_path: Path) -> None:
    place = Location(file="app/chain.py", line=4, function="grid")
    churn = msgspec.structs.replace(finding("client_churn", "medium", 0.46), location=place)
    computing = msgspec.structs.replace(finding("cpu_bound", "high", 0.65), location=place)
    elsewhere = msgspec.structs.replace(computing, location=msgspec.structs.replace(place, function="score"))
    assert order(tmp_path / "same", churn, computing) == ["client_churn"]
    assert order(tmp_path / "other", churn, elsewhere) == ["cpu_bound", "client_churn"]

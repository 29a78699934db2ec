"""The causes that need no probes: what makes each speak, and what must not."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from synthetic_run import STACK, write_stream

from harness.probe_records import Gauge, Site
from harness.records import Frame, GeneratorHealth, Invocation
from harness.run_directory import RunDirectory, read_jsonl
from mock_provider.records import Attempt
from reports.analysis import analyse
from reports.verdict import Finding

Make = Callable[..., RunDirectory]


def findings_of(run: RunDirectory) -> dict[str, Finding]:
    return {finding.cause: finding for finding in analyse(run).verdict.findings}


def rewrite(run: RunDirectory, name: str, record: type[Any], change: Callable[[Any], Any]) -> None:
    """Replace every record of a stream; None drops it."""
    path = run.file(name)
    changed = [new for old in read_jsonl(path, record) if (new := change(old)) is not None]
    path.unlink()
    write_stream(path, changed)


# ---- provider_rate_limited ----


def test_429s_that_grow_with_load_are_the_limit_and_the_quota_proves_it(run_of: Make) -> None:
    found = findings_of(run_of(kind="rate_limited", rate_per_s=20))["provider_rate_limited"]
    assert (found.role, found.confidence) == ("limit", "high")
    assert found.share_of_growth is not None and found.share_of_growth > 0.8
    assert found.proof is not None
    assert found.proof.capacity == 1200
    assert found.proof.predicted_per_s == pytest.approx(found.proof.measured_per_s, rel=0.1)
    assert any("calls were refused with 429" in evidence.text for evidence in found.evidence)


def test_a_few_429s_are_no_cause(run_of: Make) -> None:
    run = run_of(kind="queue")
    counter = itertools.count()

    def refuse_some(attempt: Attempt) -> Attempt:
        rare = next(counter) % 40 == 0
        return msgspec.structs.replace(attempt, status=429, outcome="rate_limited") if rare else attempt

    rewrite(run, "provider.jsonl", Attempt, refuse_some)
    assert set(findings_of(run)) == {"unknown"}


def test_429s_without_a_limit_in_the_plan_have_no_proof(run_of: Make) -> None:
    run = run_of(kind="rate_limited")
    run.file("mock.toml").unlink()
    found = findings_of(run)["provider_rate_limited"]
    assert found.proof is None and found.confidence == "high"


def test_429s_of_a_chain_without_lines_of_its_own_are_placed_where_the_client_was_made(run_of: Make) -> None:
    run = run_of(kind="rate_limited")
    frame = Frame(file="app/chain.py", line=14, function="writer", code="llm = ChatOpenAI()", is_user=True)
    gauges = [
        Gauge(at_s=float(second), resource=resource, in_use=in_use, capacity=1000, site=site)
        for second in range(3)
        for resource, in_use, site in (("http_pool:1", 4, 7), ("http_pool:2", 9, -1), ("semaphore:1", 9, 8))
    ]
    write_stream(run.file("probes.jsonl"), [Site(id=7, stack=[frame]), *gauges])
    place = findings_of(run)["provider_rate_limited"].location
    assert place is not None and (place.line, place.function) == (14, "writer")


def test_coming_back_before_retry_after_is_evidence(run_of: Make) -> None:
    run = run_of(kind="rate_limited")
    rewrite(
        run, "provider.jsonl", Attempt,
        lambda a: msgspec.structs.replace(a, retry_after_s=30.0) if a.status == 429 else a,
    )  # fmt: skip
    texts = [evidence.text for evidence in findings_of(run)["provider_rate_limited"].evidence]
    assert any("came back before the time that retry-after asked for" in text for text in texts)


def test_without_a_ledger_nothing_is_said_of_the_provider(run_of: Make) -> None:
    run = run_of(kind="rate_limited")
    run.file("provider.jsonl").unlink()
    assert set(findings_of(run)) == {"unknown"}


# ---- call_never_returns ----


def test_a_hung_tool_is_named_with_its_line(run_of: Make) -> None:
    found = findings_of(run_of(kind="hung"))["call_never_returns"]
    assert (found.role, found.confidence) == ("defect", "high")
    assert found.location is not None
    assert (found.location.file, found.location.line, found.location.function) == (
        "app/chain.py",
        42,
        "look_up",
    )
    assert "tool `look_up` never returns" in found.summary
    assert any("owed none of them an answer" in evidence.text for evidence in found.evidence)
    assert found.stack == STACK
    assert "asyncio.timeout" in found.fix


def test_a_call_open_at_the_provider_asks_for_a_timeout_on_the_model(run_of: Make) -> None:
    run = run_of(kind="hung")
    stuck = [
        i for i in read_jsonl(run.file("invocations.jsonl"), Invocation) if i.outcome in ("hung", "cancelled")
    ]
    write_stream(
        run.file("provider.jsonl"),
        [
            Attempt(
                ordinal=n, endpoint="chat.completions", received_s=i.start_s, end_s=i.end_s, outcome="client_gone",
                trace_id=i.trace_id,
            )
            for n, i in enumerate(stuck)
        ],
    )  # fmt: skip
    found = findings_of(run)["call_never_returns"]
    assert "answer of the provider that never comes" in found.summary
    assert any("no read time-out" in evidence.text for evidence in found.evidence)
    assert "ChatOpenAI(timeout=" in found.fix


def test_a_hang_in_library_code_has_no_line_of_the_users(run_of: Make) -> None:
    run = run_of(kind="hung")
    rewrite(
        run, "invocations.jsonl", Invocation,
        lambda i: msgspec.structs.replace(i, stack=[frame for frame in i.stack if not frame.is_user]),
    )  # fmt: skip
    found = findings_of(run)["call_never_returns"]
    assert found.location is None and "look_up" in found.summary


def test_one_hang_is_said_with_less_confidence(run_of: Make) -> None:
    run = run_of(kind="hung", hang_every=700, steps=(1, 5, 10))
    found = findings_of(run)["call_never_returns"]
    assert found.confidence == "medium"


def test_what_a_drain_cuts_off_while_others_are_as_slow_is_no_hang(run_of: Make) -> None:
    """An overloaded queue: at the end of a step everything in it is cut off, none of it hangs."""
    run = run_of(kind="queue", service_s=1.0, capacity=2, drain_s=3.0, steps=(1, 20))
    rewrite(
        run, "invocations.jsonl", Invocation,
        lambda i: msgspec.structs.replace(i, outcome="cancelled", stack=STACK) if i.end_s - i.start_s > 8 else i,
    )  # fmt: skip
    assert "call_never_returns" not in findings_of(run)


def test_overload_past_the_timeout_is_no_hang(run_of: Make) -> None:
    run = run_of(kind="queue", service_s=1.0, capacity=2, timeout_s=6.0, steps=(1, 20))
    rewrite(
        run, "invocations.jsonl", Invocation,
        lambda i: msgspec.structs.replace(i, outcome="hung", stack=STACK) if i.end_s - i.start_s > 6 else i,
    )  # fmt: skip
    assert "call_never_returns" not in findings_of(run)


def test_an_answer_that_nobody_read_is_no_hang(run_of: Make) -> None:
    """The chain had returned: no step open, no line of the user's on the stack."""
    run = run_of(kind="hung")
    rewrite(
        run, "invocations.jsonl", Invocation,
        lambda i: msgspec.structs.replace(i, open_steps=[], stack=[f for f in i.stack if not f.is_user]),
    )  # fmt: skip
    assert "call_never_returns" not in findings_of(run)


def test_what_a_busy_generator_left_hanging_is_not_held_against_the_chain(run_of: Make) -> None:
    run = run_of(kind="hung", timeout_s=60.0)
    rewrite(
        run,
        "generator.jsonl",
        GeneratorHealth,
        lambda health: msgspec.structs.replace(health, cpu_ratio=0.99),
    )
    assert "call_never_returns" not in findings_of(run)


def test_cut_off_by_the_drain_but_far_older_than_all_others_is_a_hang(run_of: Make) -> None:
    run = run_of(kind="hung", timeout_s=60.0)
    found = findings_of(run)["call_never_returns"]
    assert found.confidence == "high"


# ---- load_generator_limit ----


def change_health(run: RunDirectory, **by_step: dict[str, Any]) -> None:
    rewrite(
        run, "generator.jsonl", GeneratorHealth,
        lambda health: msgspec.structs.replace(health, **by_step.get(f"step{health.step}", {})),
    )  # fmt: skip


def test_a_generator_busy_where_throughput_flattens_is_the_limit(run_of: Make) -> None:
    run = run_of(kind="queue")
    change_health(run, step2={"cpu_ratio": 0.97})
    assert set(findings_of(run)) == {"load_generator_limit"}


def test_a_generator_busy_beyond_that_step_is_not(run_of: Make) -> None:
    run = run_of(kind="queue")
    change_health(run, step3={"cpu_ratio": 0.97})
    assert set(findings_of(run)) == {"unknown"}
    assert "97 % of a CPU with 50 users" in (analyse(run).verdict.health.load_generator or "")


def test_timers_late_by_a_part_of_what_was_added_are_the_limit(run_of: Make) -> None:
    run = run_of(kind="queue")
    change_health(run, step2={"lag_p95_s": 0.2})
    found = findings_of(run)["load_generator_limit"]
    assert found.confidence == "medium"
    assert found.share_of_growth == pytest.approx(0.66, abs=0.05)


def test_timers_late_by_little_of_it_are_not(run_of: Make) -> None:
    run = run_of(kind="queue")
    change_health(run, step2={"lag_p95_s": 0.06})
    assert "load_generator_limit" not in findings_of(run)


def test_a_busy_generator_that_limited_nothing_is_no_finding(run_of: Make) -> None:
    run = run_of(kind="healthy")
    change_health(run, step3={"cpu_ratio": 0.97})
    assert findings_of(run) == {}


# ---- unknown ----


def test_unknown_says_on_which_side_of_the_provider_the_time_went(run_of: Make) -> None:
    found = findings_of(run_of(kind="queue"))["unknown"]
    assert (found.role, found.confidence, found.location) == ("limit", "low", None)
    assert [evidence.source for evidence in found.evidence] == ["load", "provider"]


def test_a_run_without_anything_but_samples_is_still_explained(run_of: Make, tmp_path: Path) -> None:
    run = run_of(kind="queue")
    for name in ("invocations", "provider", "generator"):
        run.file(f"{name}.jsonl").unlink()
    assert set(findings_of(run)) == {"unknown"}

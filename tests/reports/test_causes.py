"""What each limit is named by, on runs whose truth is known; and who is not accused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pytest
from synthetic_probes import Stage, make_probed_run

from harness.probe_records import Gauge, LateStack, LoopActivity, ThreadStack
from reports.analysis import analyse
from reports.causes.cpu_bound import find_cpu_bound
from reports.verdict import Finding, Verdict

PROVIDER = Stage(work="provider", seconds=0.1, resource="provider", line=20)


def verdict_of(path: Path, *stages: Stage, **options: object) -> Verdict:
    return analyse(make_probed_run(path / "run", stages, **options)).verdict  # type: ignore[arg-type]


def only_finding(path: Path, *stages: Stage, **options: object) -> Finding:
    found = verdict_of(path, *stages, **options).findings
    assert [finding.cause for finding in found][1:] == []
    return found[0]


WAITS = [
    ("thread_pool_saturated", Stage(work="thread_run", seconds=0.25, wait="executor_wait", resource="executor:default",
                                    capacity=6, line=41)),
    ("connection_pool_exhausted", Stage(work="provider", seconds=0.2, wait="pool_wait", resource="http_pool:site41",
                                        capacity=4, line=41)),
    ("semaphore_starved", Stage(work="sleep", seconds=0.15, wait="lock_wait", hold="hold", resource="semaphore:site41",
                                capacity=3, line=41)),
    ("client_rate_limiter", Stage(work="", seconds=0.05, wait="limiter_wait", resource="limiter:site41", capacity=1,
                                  line=41)),
]  # fmt: skip


@pytest.mark.parametrize(("cause", "stage"), WAITS, ids=[cause for cause, _ in WAITS])
def test_a_wait_that_grew_is_named_with_its_line_and_share(tmp_path: Path, cause: str, stage: Stage) -> None:
    finding = only_finding(tmp_path, PROVIDER, stage)
    assert (finding.cause, finding.role, finding.confidence) == (cause, "limit", "high")
    assert finding.location is not None and finding.location.line == 41
    assert finding.share_of_growth == pytest.approx(1.0, abs=0.1)
    assert finding.evidence and finding.fix


def test_the_capacity_law_is_the_proof(tmp_path: Path) -> None:
    proof = only_finding(tmp_path, PROVIDER, WAITS[2][1]).proof
    assert proof is not None and (proof.capacity, proof.hold_s) == (3, pytest.approx(0.15, rel=0.05))
    assert proof.predicted_per_s == pytest.approx(proof.measured_per_s, rel=0.1)


def test_the_fix_says_how_large_is_enough(tmp_path: Path) -> None:
    """40 users, 0.25 s each alone, of which 0.15 s under the semaphore: 24 permits."""
    assert "from 3 to at least 24" in only_finding(tmp_path, PROVIDER, WAITS[2][1]).fix


def test_who_holds_the_threads_is_named_and_not_who_waits(tmp_path: Path) -> None:
    victim = Stage(
        work="thread_run",
        seconds=0.001,
        wait="executor_wait",
        resource="executor:default",
        capacity=6,
        line=50,
    )
    finding = only_finding(tmp_path, PROVIDER, victim, WAITS[0][1])
    assert finding.location is not None and finding.location.line == 41


def test_threads_that_work_on_after_their_request_was_given_up_are_counted(tmp_path: Path) -> None:
    """What a request saw of its thread ends with it; the pool's own count goes on."""
    seen = Stage(
        work="", seconds=0.25, wait="executor_wait", resource="executor:default", capacity=6, line=41
    )
    counts = [
        Gauge(at_s=5000.0 + second, resource="executor:default", in_use=6, capacity=6, served=24 * second,
              held_s=6.0 * second)
        for second in range(60)
    ]  # fmt: skip
    proof = only_finding(tmp_path, PROVIDER, seen, extra=counts).proof
    assert proof is not None and proof.hold_s == pytest.approx(0.25, rel=0.1)


def test_a_semaphore_around_a_provider_that_became_slow_is_the_provider(tmp_path: Path) -> None:
    guarded = Stage(
        work="provider", seconds=0.02, slower_per_user=0.01, wait="lock_wait", hold="hold", resource="semaphore:site20",
        capacity=25, line=20,
    )  # fmt: skip
    found = verdict_of(tmp_path, guarded).findings
    assert found[0].cause == "provider_slow" and found[0].location is None


def test_two_waits_of_like_size_are_both_listed_the_larger_first(tmp_path: Path) -> None:
    """A request passes a lock of 100 ms and threads that carry no more than the lock does."""
    lock = Stage(
        work="sleep", seconds=0.05, wait="lock_wait", hold="hold", resource="lock:site30", capacity=1, line=30
    )
    pool = Stage(
        work="thread_run",
        seconds=0.29,
        wait="executor_wait",
        resource="executor:default",
        capacity=6,
        line=41,
    )
    causes = {finding.cause for finding in verdict_of(tmp_path, pool, lock).findings}
    assert causes == {"semaphore_starved", "thread_pool_saturated"}


# ---- the loop ----


def busy(seconds: float, *, waits_in: str, is_computing: bool, site: int = 41) -> list[object]:
    """Records of a loop that is always held, over the whole of a run of some minutes."""
    records: list[object] = []
    for index in range(int(seconds)):
        at_s = 5000.0 + index
        records.append(
            LoopActivity(start_s=at_s, end_s=at_s + 1, busy_s=0.99, cpu_s=0.9, late_s=0.9, longest_s=0.1)
        )
        records.append(ThreadStack(at_s=at_s + 1, resource="loop", site=site, count=50, waits_in=waits_in))
        if waits_in:
            records.append(
                LateStack(
                    at_s=at_s + 0.5,
                    late_s=0.1,
                    site=site,
                    stack=[],
                    is_computing=is_computing,
                    waits_in=waits_in,
                )
            )
    return records


ON_THE_LOOP = Stage(work="", seconds=0.1, capacity=1, line=41)


def test_a_blocked_loop_is_named_at_the_line_that_blocks(tmp_path: Path) -> None:
    finding = only_finding(
        tmp_path, ON_THE_LOOP, loop_busy_ratio=None, extra=busy(120, waits_in="sleep", is_computing=False)
    )
    assert finding.cause == "event_loop_blocked" and finding.confidence == "high"
    assert finding.location is not None and finding.location.line == 41
    assert "asyncio.sleep" in finding.fix


def test_computing_in_one_function_of_the_users_is_named(tmp_path: Path) -> None:
    finding = only_finding(
        tmp_path, ON_THE_LOOP, loop_busy_ratio=None, extra=busy(120, waits_in="", is_computing=True)
    )
    assert finding.cause == "cpu_bound" and finding.location is not None and finding.location.line == 41


def test_the_frameworks_own_computing_names_no_line_and_asks_for_processes(tmp_path: Path) -> None:
    finding = only_finding(
        tmp_path, ON_THE_LOOP, loop_busy_ratio=None, extra=busy(120, waits_in="", is_computing=True, site=-1)
    )
    assert finding.cause == "cpu_bound" and finding.location is None
    assert "--workers" in finding.fix


def test_the_frameworks_computing_is_not_held_against_a_chain_that_may_carry_more_users(
    tmp_path: Path,
) -> None:
    extra = busy(120, waits_in="", is_computing=True, site=-1)
    run = make_probed_run(tmp_path / "run", (ON_THE_LOOP,), loop_busy_ratio=None, extra=extra)
    situation = analyse(run).situation
    assert situation is not None and list(find_cpu_bound(situation))
    open_ended = msgspec.structs.replace(situation.saturation, status="undecided", users=None, interval=None)
    assert list(find_cpu_bound(dataclasses.replace(situation, saturation=open_ended))) == []


# ---- innocence ----

HEALTHY = {
    "a steady provider": [PROVIDER],
    "a slow but steady provider": [Stage(work="provider", seconds=1.5, resource="provider")],
    "a semaphore never waited for": [
        Stage(
            work="provider",
            seconds=0.1,
            wait="lock_wait",
            hold="hold",
            resource="semaphore:site1",
            capacity=500,
        )
    ],
    "cheap work in threads": [
        PROVIDER,
        Stage(
            work="thread_run",
            seconds=0.0005,
            wait="executor_wait",
            resource="executor:default",
            capacity=6,
            line=9,
        ),
    ],
    "a tool that takes its time": [PROVIDER, Stage(work="sleep", seconds=0.3, line=9)],
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_chain_is_accused_of_nothing(tmp_path: Path, name: str) -> None:
    verdict = verdict_of(tmp_path, *HEALTHY[name])
    assert verdict.findings == [] and verdict.saturation.status == "not_reached"


def test_growth_that_nothing_explains_is_unknown_and_said_with_low_confidence(tmp_path: Path) -> None:
    finding = only_finding(tmp_path, PROVIDER, Stage(work="", seconds=0.1, capacity=2))
    assert (finding.cause, finding.confidence) == ("unknown", "low")


def test_a_run_without_probes_names_no_wait(tmp_path: Path) -> None:
    run = make_probed_run(tmp_path / "run", [PROVIDER, WAITS[2][1]])
    run.file("probes.jsonl").unlink()
    assert [finding.cause for finding in analyse(run).verdict.findings] == ["unknown"]

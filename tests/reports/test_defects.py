"""What is wrong at any load: found where it is, and not where it only looks like it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bare_run import BareRun

from harness.probe_records import (
    Anomaly,
    Gauge,
    KeptState,
    LateStack,
    ProcessReading,
    Site,
    Span,
    ThreadStack,
    Trace,
)
from harness.records import Frame
from harness.tracing import canary_of
from reports.analysis import analyse
from reports.causes.growing_work import find_growing_work

LOOP_LINE = Frame(
    file="app/chain.py", line=30, function="refine", code="draft = await model.ainvoke(…)", is_user=True
)


def serve(run: BareRun, make: Callable[[int, int, int], dict[str, Any]], *, each: int = 12) -> None:
    """Each user of each step makes ``each`` requests, one after the other; ``make(step, user, number)`` says how."""
    for step, users in enumerate(run.steps):
        for number in range(each):
            for user in range(users):
                run.call(
                    step, user, number + step * each, **({"at_s": number * 0.7} | make(step, user, number))
                )


# ---- cross-talk ----


def with_canaries(
    whose: Callable[[int, int, int], list[str]], **fields: Any
) -> Callable[..., dict[str, Any]]:
    return lambda step, user, number: {"calls": [{"canaries": whose(step, user, number), **fields}]}


def canary(step: int, user: int, number: int) -> str:
    return canary_of(BareRun.trace_id(step, user, number + step * 12))


def neighbour(step: int, user: int, number: int) -> list[str]:
    return [canary(step, user, number), canary(step, (user + 1) % 4, number)]


def earlier(step: int, user: int, number: int) -> list[str]:
    return [canary(step, user, one) for one in range(number + 1)]


def test_another_users_canary_in_a_prompt_is_cross_talk(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, with_canaries(neighbour))
    finding = run.findings()[0]
    assert (finding.cause, finding.role, finding.confidence) == ("shared_state_crosstalk", "defect", "high")
    assert "prompts" in finding.summary


def test_work_that_one_requests_task_does_for_others_is_none(tmp_path: Path) -> None:
    """A worker that the first request started: every call carries that one's trace, each with the asker's canary."""
    run = BareRun(tmp_path / "run")
    serve(run, with_canaries(lambda step, user, number: [canary(step, (user + 1) % 4, number)]))
    assert "shared_state_crosstalk" not in run.causes()


def test_another_users_canary_in_an_answer_is_cross_talk(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, lambda step, user, number: {"answered": neighbour(step, user, number)})
    assert "answers" in run.findings()[0].summary


def test_the_same_users_history_is_none(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, with_canaries(earlier))
    assert "shared_state_crosstalk" not in run.causes()


def test_texts_of_several_users_in_one_embeddings_call_are_a_batch(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, with_canaries(neighbour, endpoint="embeddings"))
    assert run.causes() == []


def test_what_keeps_text_of_requests_is_the_place_of_a_mix_up_if_it_is_one_thing(tmp_path: Path) -> None:
    lines = []
    for number, names in enumerate((["current"], ["current", "store"])):
        run = BareRun(tmp_path / f"run{number}")
        serve(run, with_canaries(neighbour))
        run.probes.append(Site(id=4, stack=[LOOP_LINE]))
        for name in names:
            at_s = run.start_of(1)
            run.probes.append(KeptState(at_s=at_s, name=name, size=0, site=4, holds_canary=True))
        finding = next(one for one in run.findings() if one.cause == "shared_state_crosstalk")
        lines.append(finding.location.line if finding.location else None)
        said = any("`current` at app/chain.py:30 keeps text" in one.text for one in finding.evidence)
        assert said == (number == 0)
    assert lines[0] == 30 != lines[1]


# ---- growing state ----


def of_size(size: Callable[[int, int, int], int]) -> Callable[..., dict[str, Any]]:
    return lambda step, user, number: {"calls": [{"prompt_chars": size(step, user, number)}]}


def test_what_is_kept_is_the_place_where_no_line_of_the_users_calls_the_provider(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, lambda step, user, number: {"calls": [{"prompt_chars": 60 + 80 * (number + step * 12)}]})
    run.probes.append(Site(id=4, stack=[LOOP_LINE]))
    for size in (10, 40, 90):
        run.probes.append(KeptState(at_s=run.start_of(1) + size / 10, name="store", size=size, site=4))
        run.probes.append(KeptState(at_s=run.start_of(1) + size / 10, name="cache", size=100, site=4))
    finding = next(one for one in run.findings() if one.cause == "growing_state")
    assert finding.location is not None and finding.location.line == 30
    assert any("`store` at app/chain.py:30 held 10 items" in one.text for one in finding.evidence)


def test_prompts_that_grow_with_every_request_are_growing_state(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, of_size(lambda step, user, number: 100 + 80 * (step * 12 + number)))
    finding = run.findings()[0]
    assert (finding.cause, finding.role) == ("growing_state", "defect")


@pytest.mark.parametrize(
    "size",
    [
        lambda step, user, number: 100 + (37 * number + 11 * user) % 60,  # questions differ
        lambda step, user, number: min(100 + 80 * (step * 12 + number), 500),  # a history that is trimmed
        lambda step, user, number: 100 + 400 * step,  # another question at each step
    ],
    ids=["various", "trimmed", "by step"],
)
def test_prompts_that_do_not_go_on_growing_are_none(
    tmp_path: Path, size: Callable[[int, int, int], int]
) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, of_size(size))
    assert "growing_state" not in run.causes()


def test_an_agents_prompt_that_grows_within_a_request_is_none(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    rounds = [{"at_s": 0.02 * one, "seconds": 0.01, "prompt_chars": 100 + 90 * one} for one in range(6)]
    serve(run, lambda step, user, number: {"calls": rounds})
    assert run.causes() == []


# ---- loops ----


def rounds(count: int, *, tool_at_end: bool, **fields: Any) -> list[dict[str, Any]]:
    last = [] if not tool_at_end else ["search"]
    return [
        {
            "at_s": 0.05 * one,
            "seconds": 0.04,
            "tools_called": ["search"] if one < count - 1 else last,
            **fields,
        }
        for one in range(count)
    ]


def test_requests_that_go_round_until_they_are_given_up_are_a_loop(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run", timeout_s=5.0)
    calls = rounds(100, tool_at_end=True)
    serve(
        run,
        lambda step, user, number: {"calls": calls, "seconds": 5.1, "outcome": "hung", "stack": [LOOP_LINE]},
        each=2,
    )
    finding = run.findings()[0]
    assert (finding.cause, finding.confidence) == ("runaway_loop", "high")
    assert finding.location is not None and finding.location.function == "refine"


def test_that_they_never_returned_is_then_not_said_again(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run", timeout_s=5.0)
    calls = rounds(100, tool_at_end=True)
    serve(
        run,
        lambda step, user, number: {"calls": calls, "seconds": 5.1, "outcome": "hung", "stack": [LOOP_LINE]},
        each=2,
    )
    assert "call_never_returns" not in run.causes()


def test_answers_given_while_the_model_still_asks_for_a_tool_are_a_loop(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, lambda step, user, number: {"calls": rounds(15, tool_at_end=True), "seconds": 0.8})
    assert run.causes() == ["runaway_loop"]


def test_requests_that_fail_at_the_limit_on_rounds_are_a_loop(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    error = "GraphRecursionError: Recursion limit of 25 reached without hitting a stop condition."
    serve(
        run,
        lambda step, user, number: {
            "calls": rounds(12, tool_at_end=True),
            "outcome": "error",
            "error": error,
        },
    )
    assert run.causes()[0] == "runaway_loop"


def test_the_very_same_call_made_again_and_again_is_a_loop(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    same = [{"at_s": 0.05 * one, "seconds": 0.04, "prompt_hash": "abc"} for one in range(9)]
    serve(run, lambda step, user, number: {"calls": same, "seconds": 0.6})
    assert run.causes() == ["runaway_loop"]


def test_a_request_made_again_because_it_was_refused_is_no_loop(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    refused = {"outcome": "rate_limited", "status": 429, "prompt_hash": "abc"}
    tries = [{"at_s": 0.05 * one, "seconds": 0.01, **refused} for one in range(9)]
    answered = {"at_s": 0.5, "seconds": 0.04, "prompt_hash": "abc"}
    serve(run, lambda step, user, number: {"calls": [*tries, answered], "seconds": 0.6})
    assert "runaway_loop" not in run.causes()


def test_an_agent_of_many_rounds_that_ends_is_healthy(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, lambda step, user, number: {"calls": rounds(10, tool_at_end=False), "seconds": 0.6})
    assert run.causes() == []


def test_equal_calls_side_by_side_are_none(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    same = [{"at_s": 0.001, "seconds": 0.1, "prompt_hash": "abc"} for _ in range(6)]
    serve(run, lambda step, user, number: {"calls": same})
    assert run.causes() == []


# ---- work that grows ----


def serve_with_a_list(
    path: Path, *, cpu_s: Callable[[int, int], float], steps: tuple[int, ...] = (1, 4, 4)
) -> BareRun:
    """Each request adds to a list.  cpu_s: what an answer takes with so many users, so many items in the list."""
    run = BareRun(path, steps=steps)
    run.probes.append(Site(id=4, stack=[LOOP_LINE]))
    used_s, size = 0.0, 10
    for step, users in enumerate(steps):
        for second in range(10):
            at_s = run.start_of(step) + second
            run.probes.append(ProcessReading(at_s=at_s, cpu_s=used_s))
            run.probes.append(KeptState(at_s=at_s, name="meters", size=size, site=4))
            for user in range(users):
                run.call(step, user, second, at_s=second + 0.1)
                used_s, size = used_s + cpu_s(users, size), size + 1
    run.probes.append(ProcessReading(at_s=run.start_of(len(steps)), cpu_s=used_s))
    run.probes.append(KeptState(at_s=run.start_of(len(steps)), name="meters", size=size, site=4))
    return run


def test_work_that_grows_with_a_list_that_grows_is_a_defect(tmp_path: Path) -> None:
    finding = serve_with_a_list(tmp_path / "run", cpu_s=lambda users, size: size * 0.001).findings()[0]
    assert (finding.cause, finding.role, finding.confidence) == ("growing_state", "defect", "high")
    assert finding.location is not None and finding.location.line == LOOP_LINE.line
    assert "`meters`" in finding.summary


def test_where_every_step_has_more_users_it_may_be_the_users(tmp_path: Path) -> None:
    run = serve_with_a_list(tmp_path / "run", cpu_s=lambda users, size: size * 0.001, steps=(1, 4, 16))
    assert "growing_state" not in run.causes()
    work = find_growing_work(analyse(run.run).situation)
    assert work is not None and work.again is None


@pytest.mark.parametrize(
    "cpu_s",
    [
        lambda users, size: 0.01,  # nobody goes through the list
        lambda users, size: 0.01 * users,  # dearer with users, not with the list
        lambda users, size: 0.05 if size < 20 else 0.01,  # warms up
    ],
)
def test_a_list_that_grows_beside_work_that_does_not_is_none(
    tmp_path: Path, cpu_s: Callable[[int, int], float]
) -> None:
    assert "growing_state" not in serve_with_a_list(tmp_path / "run", cpu_s=cpu_s).causes()


# ---- sync and async ----


def anomalies(kind: str, count: int, *, site: int = 1) -> list[Any]:
    return [
        Site(id=1, stack=[LOOP_LINE]),
        *[Anomaly(at_s=5002.0 + one, kind=kind, message="it happened", site=site) for one in range(count)],
    ]


def test_a_coroutine_that_is_never_awaited_is_misuse(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, lambda step, user, number: {})
    run.probes += anomalies("never_awaited", 3)
    finding = run.findings()[0]
    assert (
        finding.cause == "sync_async_misuse" and finding.location is not None and finding.location.line == 30
    )


def test_a_librarys_coroutine_left_by_a_cancelled_request_is_none(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, lambda step, user, number: {})
    run.probes += anomalies("never_awaited", 3, site=-1)
    assert run.causes() == []


def test_errors_of_a_closed_loop_are_misuse(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, lambda step, user, number: {"outcome": "error", "error": "RuntimeError: Event loop is closed"})
    assert run.causes()[0] == "sync_async_misuse"


def test_answers_given_before_their_work_is_done_are_misuse(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, lambda step, user, number: {"seconds": 0.05, "calls": [{"at_s": 0.01, "seconds": 0.4}]})
    run.probes += anomalies("task_left_running", 3)
    finding = run.findings()[0]
    assert finding.cause == "sync_async_misuse" and "before their work is done" in finding.summary


def test_a_task_left_to_write_a_log_is_none(tmp_path: Path) -> None:
    run = BareRun(tmp_path / "run")
    serve(run, lambda step, user, number: {})
    run.probes += anomalies("task_left_running", 50)
    assert run.causes() == []


# ---- deadlock ----


def stuck_trace(run: BareRun, user: int, *, waits: bool) -> Trace:
    trace_id = run.call(1, user, 20, at_s=1.0, seconds=5.1, outcome="hung", stack=[LOOP_LINE], calls=[])
    start_s = run.start_of(1) + 1.0
    spans = [Span("thread_run", 1, start_s + 0.1, None, 7 + user, "executor:default")]
    if waits:
        spans.append(Span("executor_wait", -1, start_s + 0.2, None, 90 + user, "executor:default"))
    return Trace(trace_id=trace_id, step=1, start_s=start_s, end_s=start_s + 5.1, spans=spans)


def full_pool(run: BareRun, *, in_use: float) -> list[Any]:
    at_s = run.start_of(1) + 3
    return [
        Site(id=1, stack=[LOOP_LINE]),
        Gauge(at_s=at_s, resource="executor:default", in_use=in_use, capacity=6, waiting=6),
    ]


def deadlocked(path: Path, *, waits: bool = True, in_use: float = 6) -> BareRun:
    run = BareRun(path, steps=(1, 6), timeout_s=5.0)
    serve(run, lambda step, user, number: {}, each=3)
    run.probes += full_pool(run, in_use=in_use)
    run.probes += [stuck_trace(run, user, waits=waits) for user in range(6)]
    return run


def test_threads_that_wait_for_threads_of_a_full_pool_are_a_deadlock(tmp_path: Path) -> None:
    finding = deadlocked(tmp_path / "run").findings()[0]
    assert (finding.cause, finding.confidence) == ("thread_pool_deadlock", "high")
    assert finding.location is not None and finding.location.line == 30


def test_threads_that_hang_on_their_own_are_calls_that_never_return(tmp_path: Path) -> None:
    assert deadlocked(tmp_path / "run", waits=False).causes()[0] == "call_never_returns"


def test_a_pool_with_a_free_thread_is_not_deadlocked(tmp_path: Path) -> None:
    assert "thread_pool_deadlock" not in deadlocked(tmp_path / "run", in_use=5).causes()


def hold_and_wait(path: Path, resources: list[tuple[str, str]], *, capacity: float) -> BareRun:
    """A stuck request for each of resources: what it holds, what it waits for."""
    run = BareRun(path, steps=(1, 6), timeout_s=5.0)
    serve(run, lambda step, user, number: {}, each=3)
    run.probes.append(Site(id=1, stack=[LOOP_LINE]))
    for name in sorted({held for held, _ in resources}):
        at_s = run.start_of(1) + 3
        run.probes.append(
            Gauge(at_s=at_s, resource=name, in_use=capacity, capacity=capacity, waiting=capacity)
        )
    for user, (held, wanted) in enumerate(resources):
        trace_id = run.call(1, user, 20, at_s=1.0, seconds=5.1, outcome="hung", stack=[LOOP_LINE], calls=[])
        start_s = run.start_of(1) + 1.0
        spans = [
            Span("hold", 1, start_s + 0.1, None, user, held),
            Span("lock_wait", 1, start_s + 0.1, None, user, wanted),
        ]
        run.probes.append(Trace(trace_id=trace_id, step=1, start_s=start_s, end_s=start_s + 5.1, spans=spans))
    return run


def test_requests_that_hold_a_permit_and_wait_for_another_starve_each_other(tmp_path: Path) -> None:
    permit = "semaphore:site1"
    findings = hold_and_wait(tmp_path / "run", [(permit, permit)] * 4, capacity=4).findings()
    assert (findings[0].cause, findings[0].confidence) == ("semaphore_starved", "high")
    assert "once per request" in findings[0].fix
    assert "call_never_returns" not in [finding.cause for finding in findings]


@pytest.mark.parametrize(
    ("resources", "capacity"),
    [
        ([("lock:site1", "lock:site2"), ("lock:site2", "lock:site1")], 1),
        ([("lock:site3", "lock:site3")] * 3, 3),  # one line makes a lock for each of many things
    ],
)
def test_locks_taken_in_no_order_are_named_so(
    tmp_path: Path, resources: list[tuple[str, str]], capacity: float
) -> None:
    finding = hold_and_wait(tmp_path / "run", resources, capacity=capacity).findings()[0]
    assert (finding.cause, finding.confidence) == ("semaphore_starved", "high")
    assert "one another's" in finding.summary
    assert "one order" in finding.fix


def nested_work(path: Path, *, waits_in: str) -> BareRun:
    """Four users and four threads: each request holds one and has a second piece of work queued for the same pool."""
    run = BareRun(path, steps=(1, 4))
    for number in range(48):
        run.call(0, 0, number, at_s=number * 0.2, seconds=0.2, calls=[])
    for number in range(12):
        for user in range(4):
            run.call(1, user, 48 + number, at_s=number * 0.8, seconds=0.8, calls=[])
    run.probes.append(Site(id=1, stack=[LOOP_LINE]))
    pool = "executor:site9"
    for one in list(run.invocations):
        queued_s = 0.0 if one.step == 0 else 0.5
        start_s, end_s = one.start_s, one.end_s
        spans = [
            Span("thread_run", 1, start_s, end_s, 7, pool),
            Span("executor_wait", 1, start_s + 0.1, start_s + 0.1 + queued_s, 8, pool),
            Span("thread_run", 1, start_s + 0.1 + queued_s, end_s, 8, pool),
        ]
        run.probes.append(
            Trace(trace_id=one.trace_id, step=one.step, start_s=start_s, end_s=end_s, spans=spans)
        )
    for tick in range(8):
        at_s = run.start_of(1) + 1 + tick
        run.probes.append(Gauge(at_s=at_s, resource=pool, in_use=4, capacity=4, waiting=4))
        run.probes.append(ThreadStack(at_s=at_s, resource=pool, site=1, count=40, waits_in=waits_in))
    return run


def test_threads_that_wait_for_work_queued_in_their_own_pool_are_a_deadlock_to_come(tmp_path: Path) -> None:
    finding = nested_work(tmp_path / "run", waits_in="acquire").findings()[0]
    assert finding.cause == "thread_pool_deadlock"
    assert finding.location is not None and finding.location.line == 30
    assert "of its own" in finding.fix


def test_work_beside_work_in_one_pool_is_a_full_pool(tmp_path: Path) -> None:
    causes = nested_work(tmp_path / "run", waits_in="recv").causes()
    assert (causes[0], "thread_pool_deadlock" in causes) == ("thread_pool_saturated", False)


# ---- a loop that stands ----


def standing_loop(path: Path, late_s: float) -> BareRun:
    run = BareRun(path, steps=(1, 6), timeout_s=5.0)
    serve(run, lambda step, user, number: {}, each=3)
    run.probes.append(Site(id=1, stack=[LOOP_LINE]))
    for user in range(6):
        run.call(1, user, 20, at_s=1.0, seconds=5.1, outcome="hung", stack=[LOOP_LINE], calls=[])
    at_s = run.start_of(1) + 4
    run.probes.append(
        LateStack(at_s=at_s, late_s=late_s, site=1, stack=[LOOP_LINE], is_computing=False, waits_in="acquire")
    )
    return run


def test_a_call_that_the_loop_never_comes_back_from_is_why_requests_are_stuck(tmp_path: Path) -> None:
    findings = standing_loop(tmp_path / "run", 3.5).findings()
    assert [(one.cause, one.confidence) for one in findings] == [("event_loop_blocked", "high")]
    assert findings[0].location is not None and findings[0].location.line == 30


def test_a_loop_that_was_late_once_is_not_why(tmp_path: Path) -> None:
    assert standing_loop(tmp_path / "run", 0.6).causes()[0] == "call_never_returns"


# ---- a pool that nothing comes back to ----


def dry_pool(path: Path, *, at_work: int) -> BareRun:
    """Four connections; six users wait for one without end, while some calls are open at the provider."""
    run = BareRun(path, steps=(1, 6), timeout_s=5.0)
    serve(run, lambda step, user, number: {}, each=3)
    run.probes.append(Site(id=1, stack=[LOOP_LINE]))
    at_s = run.start_of(1) + 3
    run.probes.append(Gauge(at_s=at_s, resource="http_pool:site1", in_use=4, capacity=4, waiting=6, site=1))
    for number in range(at_work):
        run.call(
            1, number, 19, at_s=0.5, seconds=9.0, calls=[{"seconds": 9.0}], outcome="hung", stack=[LOOP_LINE]
        )
    for user in range(6):
        trace_id = run.call(1, user, 20, at_s=1.0, seconds=5.1, outcome="hung", stack=[LOOP_LINE], calls=[])
        start_s = run.start_of(1) + 1.0
        spans = [Span("pool_wait", 1, start_s + 0.1, None, user, "http_pool:site1")]
        run.probes.append(Trace(trace_id=trace_id, step=1, start_s=start_s, end_s=start_s + 5.1, spans=spans))
    return run


def test_connections_that_are_never_given_back_exhaust_their_pool(tmp_path: Path) -> None:
    findings = dry_pool(tmp_path / "run", at_work=0).findings()
    assert (findings[0].cause, findings[0].confidence) == ("connection_pool_exhausted", "high")
    assert findings[0].location is not None and findings[0].location.line == 30
    assert "call_never_returns" not in [finding.cause for finding in findings]


def test_connections_at_calls_that_hang_are_the_calls(tmp_path: Path) -> None:
    assert dry_pool(tmp_path / "run", at_work=4).causes()[0] == "call_never_returns"


# ---- a provider of finite size ----


def crowded_provider(path: Path, *, slots: int) -> BareRun:
    """One user is answered in 0.2 s; of eight, six wait in the provider's queue for 0.6 s."""
    run = BareRun(path, steps=(1, 8))
    (run.run.path / "mock.toml").write_text(f"[capacity]\nslots = {slots}\n")
    for number in range(48):
        run.call(0, 0, number, at_s=number * 0.2, seconds=0.2, calls=[{"at_s": 0.0, "seconds": 0.2}])
    for number in range(12):
        for user in range(8):
            call = {"at_s": 0.0, "seconds": 0.8, "queued_s": 0.6}
            run.call(1, user, 48 + number, at_s=number * 0.8, seconds=0.8, calls=[call])
    for one in run.invocations:
        run.probes.append(
            Trace(trace_id=one.trace_id, step=one.step, start_s=one.start_s, end_s=one.end_s, spans=[])
        )
    return run


def test_the_slots_of_a_full_provider_prove_the_point(tmp_path: Path) -> None:
    finding = crowded_provider(tmp_path / "run", slots=2).findings()[0]
    assert (finding.cause, finding.location) == ("provider_slow", None)
    assert finding.proof is not None
    assert finding.proof.predicted_per_s == pytest.approx(10.0, rel=0.05)
    assert finding.proof.measured_per_s == pytest.approx(10.0, rel=0.1)

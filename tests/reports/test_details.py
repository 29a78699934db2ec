"""The numbers that charts and tables show are those of the run, and sum to what they should."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic_probes import Stage, make_probed_run

from harness.probe_records import Gauge, Span, Trace
from harness.run_directory import RunDirectory
from reports.analysis import analyse
from reports.details import with_details
from reports.resources import full_from
from reports.verdict import Resource, Verdict

SEMAPHORE = Stage(
    work="provider", wait="lock_wait", hold="hold", resource="semaphore:1", capacity=5, seconds=0.1, line=42
)


def details_of(run: RunDirectory) -> Verdict:
    return with_details(analyse(run)).verdict


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    return details_of(make_probed_run(tmp_path_factory.mktemp("runs") / "run", [SEMAPHORE]))


def resource_of(verdict: Verdict, resource: str) -> Resource:
    return next(found for found in verdict.resources if found.id == resource)


def test_the_states_of_a_step_sum_to_the_response_time(verdict: Verdict) -> None:
    for step in verdict.steps:
        assert step.states is not None
        assert sum(step.states.values()) == pytest.approx(step.traced_response_s)
        assert list(step.states.values()) == sorted(step.states.values(), reverse=True)


def test_what_grew_sums_to_the_growth(verdict: Verdict) -> None:
    growth = verdict.growth
    assert growth is not None
    assert sum(row.grown_s for row in growth.rows) == pytest.approx(growth.grown_s)
    assert sum(row.share or 0.0 for row in growth.rows) == pytest.approx(1.0)


def test_what_grew_most_comes_first_with_its_place_and_resource(verdict: Verdict) -> None:
    assert verdict.growth is not None
    first = verdict.growth.rows[0]
    assert (first.state, first.resource) == ("lock_wait", "semaphore (5 permits)")
    assert first.location is not None
    assert (first.location.file, first.location.line) == ("app/chain.py", 42)


def test_a_run_without_probes_has_neither_states_nor_growth(tmp_path: Path) -> None:
    run = make_probed_run(tmp_path / "run", [SEMAPHORE], steps=(1, 4), hold_s=3.0)
    run.file("probes.jsonl").unlink()
    verdict = details_of(run)
    assert (verdict.growth, verdict.runnables) == (None, [])
    assert [step.states for step in verdict.steps] == [None, None]
    assert {resource.id for resource in verdict.resources} <= {"generator"}


def test_the_resource_that_is_full_first_comes_first(verdict: Verdict) -> None:
    first = verdict.resources[0]
    assert (first.id, first.name, first.capacity) == ("semaphore:1", "semaphore (5 permits)", 5)
    assert full_from(first) == 16
    assert [round(load.use_ratio, 2) for load in first.loads] == [0.2, 0.8, 1.0, 1.0]
    assert [load.waiting for load in first.loads] == [0, 0, 11, 35]


def test_the_event_loop_and_the_processor_are_resources_as_well(verdict: Verdict) -> None:
    loop = resource_of(verdict, "loop")
    assert [load.use_ratio for load in loop.loads] == pytest.approx([0.05] * 4, abs=0.01)
    assert full_from(loop) is None


def test_what_is_held_counts_where_looking_misses_it(tmp_path: Path) -> None:
    """A pool whose permits change hands between two looks."""
    held = [
        Gauge(at_s=5002.0 + at_s, resource="semaphore:9", in_use=0, capacity=2, waiting=3, held_s=2.0 * at_s)
        for at_s in range(8)
    ]
    run = make_probed_run(tmp_path / "run", [Stage(work="provider", seconds=0.1)], steps=(4,), extra=held)
    pool = resource_of(details_of(run), "semaphore:9")
    assert pool.loads[0].use_ratio == pytest.approx(1.0)
    assert pool.loads[0].waiting == pytest.approx(3)


def test_a_pool_without_a_bound_is_no_resource(tmp_path: Path) -> None:
    endless = Gauge(at_s=5003.0, resource="http_pool:1", in_use=4, capacity=float("inf"))
    run = make_probed_run(
        tmp_path / "run", [Stage(work="provider", seconds=0.1)], steps=(4,), extra=[endless]
    )
    assert "http_pool:1" not in {resource.id for resource in details_of(run).resources}


def steps_of(spans: list[tuple[str, float, float, int]], *, trace: int, users: int) -> Trace:
    return Trace(
        trace_id=f"{trace:032x}",
        step=users,
        start_s=5002.0,
        end_s=5003.0,
        spans=[
            Span("step", -1, 5002.0 + start, 5002.0 + end, context, name)
            for name, start, end, context in spans
        ],
    )


def test_each_step_of_the_chain_has_its_times_calls_and_depth(tmp_path: Path) -> None:
    agent = [
        ("chain:agent", 0.0, 1.0, 0),
        ("llm:model", 0.1, 0.3, 0),
        ("tool:search", 0.3, 0.6, 0),
        ("llm:model", 0.6, 0.9, 0),
    ]
    extra = [steps_of(agent, trace=1, users=0), steps_of(agent, trace=2, users=0)]
    run = make_probed_run(tmp_path / "run", [Stage(work="", seconds=0.5)], steps=(1,), extra=extra)
    # The simulated requests have no run tree; leave only those that have.
    kept = [
        line
        for line in run.file("probes.jsonl").read_text().splitlines()
        if '"trace"' not in line or "agent" in line
    ]
    run.file("probes.jsonl").write_text("\n".join(kept) + "\n")
    runnables = details_of(run).runnables
    assert [(one.name, one.kind, one.depth) for one in runnables] == [
        ("agent", "chain", 0), ("model", "llm", 1), ("search", "tool", 1),
    ]  # fmt: skip
    model = runnables[1].loads[0]
    assert (model.calls_per_request, model.mean_s) == (2.0, pytest.approx(0.25))


def test_branches_side_by_side_are_not_inside_each_other(tmp_path: Path) -> None:
    spans = [("chain:all", 0.0, 1.0, 0)]
    for branch in range(20):
        spans += [
            ("chain:one", 0.01 + branch * 0.001, 0.9, branch + 1),
            ("llm:model", 0.1 + branch * 0.01, 0.8, branch + 1),
        ]
    run = make_probed_run(
        tmp_path / "run", [Stage(work="", seconds=0.5)], steps=(1,), extra=[steps_of(spans, trace=1, users=0)]
    )
    depths = {one.name: one.depth for one in details_of(run).runnables}
    assert depths == {"all": 0, "one": 1, "model": 2}

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic_probes import Stage, make_probed_run
from synthetic_run import tear, write_stream

from harness.probe_records import Gauge, Site, Span, Trace
from harness.records import Frame
from reports.attribution.breakdown import Breakdown, break_down
from reports.attribution.busy_loop import BusyLoop
from reports.attribution.capacity import agrees, capacity_for, find_capacity, make_proof
from reports.attribution.growth import Growth, find_growth
from reports.attribution.recording import MOST_TRACES, Recording, load_recording
from reports.attribution.state import State
from reports.dataset import load_dataset
from reports.steps import summarise_steps

PROVIDER = Stage(work="provider", seconds=0.1, resource="http_pool:1", line=20)


def breakdowns_of(path: Path, *stages: Stage) -> list[Breakdown]:
    run = make_probed_run(path / "run", stages)
    dataset = load_dataset(run)
    recording = load_recording(run.file("probes.jsonl"))
    loop = BusyLoop.from_records(recording.loop, recording.late, recording.threads)
    return break_down(dataset, recording, loop, summarise_steps(dataset))


def growth_of(path: Path, *stages: Stage) -> Growth:
    found = breakdowns_of(path, *stages)
    return find_growth(found[0], found[-1])


def test_states_of_a_step_sum_to_its_response_time(tmp_path: Path) -> None:
    lock = Stage(work="sleep", seconds=0.05, wait="lock_wait", hold="hold", resource="lock:1", capacity=2)
    for breakdown in breakdowns_of(tmp_path, PROVIDER, lock):
        assert sum(breakdown.seconds.values()) == pytest.approx(breakdown.response_s)
        assert sum(breakdown.slow_seconds.values()) == pytest.approx(breakdown.slow_response_s or 0.0)


def test_a_semaphore_that_is_too_small_is_what_grows(tmp_path: Path) -> None:
    growth = growth_of(
        tmp_path,
        Stage(work="provider", seconds=0.1, wait="lock_wait", hold="hold", resource="lock:1", capacity=4),
    )
    assert growth.is_enough
    assert growth.share("lock_wait") > 0.95
    assert growth.by_site("lock_wait")[0][0] == growth.rows[0].state.site
    assert sum(growth.explained.values()) == pytest.approx(1.0)


def test_a_wait_that_is_long_because_its_holder_became_slow_belongs_to_the_holder(tmp_path: Path) -> None:
    growth = growth_of(
        tmp_path,
        Stage(
            work="provider", seconds=0.02, slower_per_user=0.01, wait="lock_wait", hold="hold", resource="lock:1",
            capacity=20,
        ),
    )  # fmt: skip
    assert growth.rows[0].state.kind in ("lock_wait", "provider")
    assert growth.share("provider") > 0.9


def test_threads_are_held_by_what_runs_in_them(tmp_path: Path) -> None:
    tool = Stage(
        work="thread_run", seconds=0.2, wait="executor_wait", resource="executor:default", capacity=6, line=41
    )
    growth = growth_of(tmp_path, PROVIDER, tool)
    assert growth.share("executor_wait", resource="executor:default") > 0.9
    holds = growth.high.holders["thread_run", "executor:default"]
    site = holds.main_site()
    assert site is not None and holds.sites[site].held_s == pytest.approx(0.2, rel=0.05)
    assert sum(holds.contents.values()) == pytest.approx(holds.held_s)


def test_a_steady_chain_has_nothing_to_explain(tmp_path: Path) -> None:
    assert not growth_of(tmp_path, PROVIDER).is_enough


def test_what_no_probe_sees_stays_unknown(tmp_path: Path) -> None:
    growth = growth_of(tmp_path, PROVIDER, Stage(work="", seconds=0.05, slower_per_user=0.05))
    assert growth.share("unknown") > 0.8


def test_the_capacity_law_predicts_the_throughput() -> None:
    proof = make_proof(5, 0.102, 48.0)
    assert proof is not None and proof.predicted_per_s == pytest.approx(49.0, rel=0.01)
    assert agrees(proof) and not agrees(make_proof(5, 0.2, 48.0)) and not agrees(None)
    assert (
        make_proof(None, 0.1, 4) is None
        and make_proof(5, None, 4) is None
        and make_proof(5, 0.1, None) is None
    )
    assert capacity_for(48.0, 0.25) == 12


def test_a_capacity_without_bound_is_none() -> None:
    unbounded = [
        Gauge(at_s=1, resource="x", in_use=1, capacity=float("inf")),
        Gauge(at_s=2, resource="x", in_use=1),
    ]
    assert find_capacity(unbounded) is None
    assert find_capacity([*unbounded, Gauge(at_s=3, resource="x", in_use=1, capacity=5)]) == 5


# ---- reading ----


def trace(number: int, *, site: int = 1) -> Trace:
    return Trace(
        trace_id=f"{number:032x}",
        step=0,
        start_s=number,
        end_s=number + 1,
        spans=[Span("sleep", site, number, None)],
    )


def test_no_file_is_an_empty_recording(tmp_path: Path) -> None:
    assert load_recording(tmp_path / "probes.jsonl").is_empty


def test_torn_and_foreign_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "probes.jsonl"
    write_stream(path, [{"type": "later"}, trace(1), trace(2)])
    tear(path)
    assert [len(traces) for traces in load_recording(path).traces.values()] == [1]


def test_a_restarted_target_begins_its_sites_again(tmp_path: Path) -> None:
    path = tmp_path / "probes.jsonl"
    old, new = (Site(id=1, stack=[Frame(file="a.py", line=line, function="f")]) for line in (10, 20))
    write_stream(path, [old, trace(1), new, trace(2)])
    recording: Recording = load_recording(path)
    lines = [recording.frames(one.spans[0].site)[0].line for one in recording.traces[0]]
    assert lines == [10, 20]


def test_a_span_of_an_unknown_site_has_none(tmp_path: Path) -> None:
    path = tmp_path / "probes.jsonl"
    write_stream(path, [trace(1, site=99)])
    assert load_recording(path).traces[0][0].spans[0].site == -1


def test_traces_are_bounded_and_chosen_whatever_their_order(tmp_path: Path) -> None:
    many = [trace(number) for number in range(MOST_TRACES * 3)]
    kept = []
    for name, order in (("a", many), ("b", many[::-1])):
        write_stream(tmp_path / name, order)
        kept.append({one.trace_id for one in load_recording(tmp_path / name).traces[0]})
    assert kept[0] == kept[1] and len(kept[0]) == MOST_TRACES


def test_every_state_can_be_named() -> None:
    from reports.attribution.state import STATE_WORDS, WAITS

    assert set(STATE_WORDS) >= WAITS | {
        "thread",
        "loop_blocked",
        "loop_computing",
        "step",
        "transfer",
        "unknown",
    }
    assert State("unknown").site == -1

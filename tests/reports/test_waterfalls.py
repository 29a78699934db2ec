import itertools
from pathlib import Path

import msgspec
import pytest
from synthetic_probes import Stage, make_probed_run

from harness.probe_records import Span, Trace
from harness.run_directory import RunDirectory
from reports.analysis import analyse
from reports.material import Waterfall
from reports.waterfalls import list_waterfalls

SEMAPHORE = Stage(work="provider", wait="lock_wait", resource="semaphore:1", capacity=5, seconds=0.1, line=42)


def falls_of(run: RunDirectory) -> list[Waterfall]:
    return list_waterfalls(analyse(run).situation)


@pytest.fixture(scope="module")
def falls(tmp_path_factory: pytest.TempPathFactory) -> list[Waterfall]:
    return falls_of(make_probed_run(tmp_path_factory.mktemp("runs") / "run", [SEMAPHORE]))


def test_the_median_and_the_slowest_of_the_step_that_is_explained(falls: list[Waterfall]) -> None:
    assert [fall.name for fall in falls] == ["median", "slowest"]
    assert {fall.users for fall in falls} == {16}
    assert falls[0].response_s < falls[1].response_s


def test_every_instant_of_a_request_has_one_state(falls: list[Waterfall]) -> None:
    for fall in falls:
        assert fall.strip[0].start_s == 0
        assert fall.strip[-1].end_s == pytest.approx(fall.response_s)
        assert all(one.end_s == other.start_s for one, other in itertools.pairwise(fall.strip))
        assert {"lock_wait", "provider"} <= {segment.state for segment in fall.strip}


def test_without_a_run_tree_each_state_has_a_row(falls: list[Waterfall]) -> None:
    wait, call = falls[0].rows
    assert wait.label == "waiting for a lock, semaphore or queue · semaphore (5 permits)"
    assert call.label.startswith("answered by the provider")
    assert wait.start_s + wait.length_s == pytest.approx(call.start_s, abs=0.01)


def test_steps_of_the_chain_are_rows_with_what_was_waited_for_in_them(tmp_path: Path) -> None:
    run = make_probed_run(tmp_path / "run", [SEMAPHORE], steps=(1,), hold_s=3.0)
    lines = run.file("probes.jsonl").read_text().splitlines()
    trace_id = f"{0:08x}{0:08x}{5:016x}"
    chosen = next(line for line in lines if trace_id in line)
    sample = next(
        (float(row.start_s[i]), float(row.end_s[i]))
        for row in [analyse(run).dataset.steps[0].samples]
        for i, found in enumerate(row.trace_id.tolist())
        if found.decode() == trace_id
    )
    start_s, end_s = sample
    spans = [
        Span("step", -1, start_s, end_s, 0, "chain:agent"),
        Span("step", -1, start_s + 0.01, start_s + 0.02, 0, "tool:search"),
        Span("step", -1, start_s + 0.03, start_s + 0.05, 0, "tool:search"),
        Span("sleep", 42, start_s + 0.03, start_s + 0.05, 0, "sleep"),
    ]
    trace = Trace(trace_id=trace_id, step=0, start_s=start_s, end_s=end_s, spans=spans)
    kept = [line for line in lines if line != chosen and '"trace"' not in line]
    run.file("probes.jsonl").write_text("\n".join([*kept, msgspec.json.encode(trace).decode()]) + "\n")
    (fall,) = falls_of(run)
    outer, search = fall.rows
    assert (outer.label, outer.depth, outer.count) == ("agent (chain)", 0, 1)
    assert (search.label, search.depth, search.count, len(search.runs)) == ("search (tool)", 1, 2, 2)
    assert [(segment.state, round(segment.start_s, 3)) for segment in search.segments] == [("sleep", 0.03)]


def test_a_step_without_traces_has_none(tmp_path: Path) -> None:
    run = make_probed_run(tmp_path / "run", [SEMAPHORE], steps=(1, 4), hold_s=3.0)
    run.file("probes.jsonl").unlink()
    assert falls_of(run) == []

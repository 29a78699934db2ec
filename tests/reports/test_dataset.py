import dataclasses
from pathlib import Path

import numpy as np
import pytest
from synthetic_run import make_run, tear, write_stream

import reports.columns
from harness.errors import RunDirectoryError
from harness.records import Event
from harness.run_directory import RunDirectory
from reports.columns import key_of
from reports.dataset import load_dataset


def test_every_step_of_a_run_is_read(tmp_path: Path) -> None:
    data = load_dataset(make_run(tmp_path / "run", kind="queue", steps=(1, 5, 20)))
    assert [step.users for step in data.steps] == [1, 5, 20]
    assert [round(step.hold_s, 6) for step in data.steps] == [10, 10, 10]
    assert all(step.is_complete and step.drained_s is not None for step in data.steps)
    assert all(np.all(step.samples.step == step.index) for step in data.steps)
    assert data.is_completed


def test_samples_invocations_and_attempts_share_trace_ids(tmp_path: Path) -> None:
    data = load_dataset(make_run(tmp_path / "run"))
    traces = {trace for step in data.steps for trace in step.samples.trace_id.tolist()}
    assert data.attempts is not None
    assert traces == set(data.invocations.trace_id.tolist()) == set(data.attempts.trace_id.tolist())


def test_a_run_that_died_in_a_step_gives_the_steps_before_it(tmp_path: Path) -> None:
    data = load_dataset(make_run(tmp_path / "run", steps=(1, 5, 20), died_in_step=1))
    assert [step.is_complete for step in data.steps] == [True, False]
    assert 4 < data.steps[1].hold_s < 5.1
    assert len(data.steps[1].samples) > 100
    assert not data.is_completed


def test_a_run_without_streams_has_no_steps_and_no_ledger(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    for name in ("samples", "invocations", "events", "generator", "provider"):
        run.file(f"{name}.jsonl").unlink()
    run.file("mock.toml").unlink()
    data = load_dataset(run)
    assert data.steps == () and data.attempts is None and data.plan == {}


def test_without_events_the_samples_show_the_steps(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", steps=(1, 5))
    run.file("events.jsonl").unlink()
    data = load_dataset(run)
    assert [step.users for step in data.steps] == [1, 5]
    assert not any(step.is_complete for step in data.steps)


def test_torn_and_foreign_lines_are_skipped(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", steps=(1, 5))
    whole = sum(len(step.samples) for step in load_dataset(run).steps)
    path = run.file("samples.jsonl")
    path.write_bytes(b'\x00\xff junk\n{"step": "x"}\n' + path.read_bytes())
    tear(path)
    assert sum(len(step.samples) for step in load_dataset(run).steps) == whole - 1


def test_a_step_begun_anew_counts_from_its_last_beginning(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", steps=(1, 5))
    first = load_dataset(run).steps[1]
    middle_s = first.start_s + 5
    write_stream(run.file("events.jsonl"), [Event(at_s=middle_s, kind="step_started", step=1, users=5)])
    again = load_dataset(run).steps[1]
    assert again.start_s == middle_s and again.hold_s == pytest.approx(5)
    assert np.all(again.samples.start_s >= middle_s)


def test_a_directory_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="no run"):
        RunDirectory.open(tmp_path)


def test_a_stuck_invocation_keeps_its_stack(tmp_path: Path) -> None:
    data = load_dataset(make_run(tmp_path / "run", kind="hung"))
    assert {invocation.outcome for invocation in data.stuck} <= {"hung", "cancelled"}
    assert all(invocation.stack and invocation.open_steps for invocation in data.stuck)


def test_columns_are_the_same_however_the_file_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "run", kind="queue", steps=(1, 5))
    whole = load_dataset(run)
    monkeypatch.setattr(reports.columns, "CHUNK_BYTES", 700)  # a few records, not all alike
    parts = load_dataset(run)
    assert whole.attempts is not None and parts.attempts is not None
    pairs = [(whole.attempts, parts.attempts), (whole.invocations, parts.invocations)]
    pairs += [(one.samples, other.samples) for one, other in zip(whole.steps, parts.steps, strict=True)]
    for one, other in pairs:
        assert len(one) > 50
        for field in dataclasses.fields(one):
            np.testing.assert_equal(getattr(other, field.name), getattr(one, field.name))


def test_keys_are_equal_where_ids_are(tmp_path: Path) -> None:
    data = load_dataset(make_run(tmp_path / "run", steps=(1, 5)))
    assert data.attempts is not None
    for table in (data.attempts, data.invocations):
        assert [key_of(trace.decode()) for trace in table.trace_id.tolist()] == table.trace_key.tolist()
        assert len(set(table.trace_key.tolist())) == len(set(table.trace_id.tolist()))
    assert key_of("") == -1

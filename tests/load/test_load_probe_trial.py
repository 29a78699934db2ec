"""What the probes cost is measured after the last step, and leaves no trace in what was measured before."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from load_process import Run, run_locust, write_scenario

from harness.load.probe_trial import find_light_load, find_trial_s
from harness.probe_records import ProbeRecord, Trace
from harness.records import Invocation, TrialSlice
from harness.run_directory import read_jsonl
from harness.settings import RunSettings

CHAINS = Path(__file__).with_name("owned_chains.py")


@pytest.mark.parametrize(
    ("response_s", "users"),
    [
        ({}, 1),
        ({2: 0.2}, 2),
        ({1: 0.2, 5: 0.21, 20: 0.9}, 5),
        ({1: 0.2, 100: 0.2}, 32),
        ({1: 0.01, 5: 0.05}, 1),
    ],
)
def test_as_many_users_as_do_not_queue(response_s: dict[int, float], users: int) -> None:
    assert find_light_load(response_s) == users


def test_short_steps_are_not_kept_waiting() -> None:
    settings = RunSettings(name="n", target="t", hold_s=10.0)
    assert 0 < find_trial_s(settings) <= 12.0
    assert find_trial_s(msgspec.structs.replace(settings, hold_s=2.0)) == 0.0


def run_chain(folder: Path, fields: str) -> Run:
    shutil.copy(CHAINS, folder / "chains.py")
    return run_locust(write_scenario(folder, f"{fields}, input={{'n': 1}}"))


def test_slices_with_and_without_probes_are_recorded_in_pairs(tmp_path: Path) -> None:
    run = run_chain(tmp_path, "target='chains.py:quick', steps=(2,), hold=4")
    (event,) = run.events("probes_compared")
    slices = msgspec.convert(event.data["slices"], list[TrialSlice])
    assert event.data["reason"] is None, run.output
    assert sum(s.probes_on for s in slices) == len(slices) / 2 >= 1
    assert all(s.ok_count and not s.failed_count and s.cpu_s > 0 for s in slices)
    trial_ids = {i.trace_id for i in read_jsonl(run.path / "invocations.jsonl", Invocation) if i.step is None}
    assert len(trial_ids) >= sum(s.ok_count for s in slices)
    assert not trial_ids & {s.trace_id for s in run.samples()}
    traces = [r for r in read_jsonl(run.path / "probes.jsonl", ProbeRecord) if isinstance(r, Trace)]  # type: ignore[arg-type]
    assert traces
    assert max(trace.end_s for trace in traces) < slices[0].start_s


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("target='chains.py:quick', steps=(1,), hold=1", "too short"),
        ("target='chains.py:hanging', steps=(4,), hold=3, drain=0.2, timeout=30", "too long"),
    ],
)
def test_a_comparison_that_cannot_be_made_says_why(tmp_path: Path, fields: str, words: str) -> None:
    (event,) = run_chain(tmp_path, fields).events("probes_compared")
    assert event.data["slices"] == []
    assert words in event.data["reason"]


def test_the_probes_of_a_running_service_are_its_own(tmp_path: Path, service_url: str) -> None:
    run = run_locust(write_scenario(tmp_path, f"target='{service_url}', path='/work', steps=(1,), hold=1"))
    (event,) = run.events("probes_compared")
    assert "URL" in event.data["reason"]

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from simulated import measure
from synthetic_run import make_run, write_stream

from harness.probe_records import Gauge
from harness.step_orders import Advice
from reports.dataset import load_dataset
from reports.next_step import advise, find_unsteady, list_full_loads
from reports.steps import summarise_steps


def run_of(tmp_path: Path, **plan: Any) -> Any:
    return make_run(tmp_path / "run", **plan)


def test_a_loose_interval_asks_for_a_step_and_says_how_loose_it_is(tmp_path: Path) -> None:
    run = run_of(tmp_path, kind="queue", capacity=8, steps=(1, 40), settings={"max_s": 60.0})
    advice = advise(run)
    assert advice.purpose == "refinement"
    assert advice.users is not None and 2 <= advice.users <= 30
    assert advice.note is not None and advice.note.startswith("interval ")


def test_a_tight_interval_asks_for_nothing(tmp_path: Path) -> None:
    run = run_of(tmp_path, kind="queue", capacity=5, steps=(1, 3, 5, 8, 20, 50), settings={"max_s": 60.0})
    assert advise(run).users is None


def test_a_target_that_still_scales_is_driven_higher_only_by_a_climb(tmp_path: Path) -> None:
    given = run_of(tmp_path, kind="healthy", steps=(1, 4, 16), settings={"max_s": 60.0})
    assert advise(given).users is None
    climb = run_of(
        tmp_path / "climb", kind="healthy", steps=(1, 4, 16), settings={"max_s": 60.0, "climbs": True}
    )
    assert advise(climb).users == 48


def test_a_point_near_the_largest_step_is_measured_from_beyond_it(tmp_path: Path) -> None:
    run = run_of(tmp_path, kind="queue", capacity=17, steps=(1, 5, 20), settings={"max_s": 60.0})
    users = advise(run).users
    assert users is not None and 10 <= users <= 60


def test_where_users_get_stuck_no_step_is_added(tmp_path: Path) -> None:
    run = run_of(tmp_path, kind="hung", steps=(1, 4, 16), hang_every=5, settings={"max_s": 60.0})
    advice = advise(run)
    assert advice.users is None
    assert advice.note is not None and "stuck" in advice.note


def test_a_busy_load_generator_is_not_asked_for_more(tmp_path: Path) -> None:
    run = run_of(tmp_path, kind="generator", steps=(1, 4, 16), settings={"max_s": 60.0})
    users = advise(run).users
    assert users is None or users <= 16


def test_a_capacity_in_reach_is_measured_first(tmp_path: Path) -> None:
    run = run_of(tmp_path, kind="queue", capacity=12, steps=(1, 60), settings={"max_s": 60.0})
    dataset = load_dataset(run)
    gauges = [
        Gauge(at_s=step.start_s + at_s, resource="semaphore:x", in_use=min(step.users, 12), capacity=12)
        for step in dataset.steps
        for at_s in (1.0, 2.0, 3.0)
    ]
    write_stream(run.file("probes.jsonl"), gauges)
    assert list_full_loads(dataset, summarise_steps(dataset), run) == [11, 12, 13]
    advice = advise(run)
    assert advice.purpose == "evidence"
    assert advice.users in (11, 12, 13)


def test_a_step_that_was_not_steady_is_run_once_more_and_only_once() -> None:
    steps = measure((1, 5, 20), servers=5)
    shaky = [msgspec.structs.replace(step, is_steady=step.users != 5) for step in steps]
    found = find_unsteady(shaky)
    assert found is not None and found.users == 5
    assert find_unsteady([*shaky, shaky[1]]) is None
    assert find_unsteady(steps) is None


@pytest.mark.parametrize("questions", [1, 3])
def test_each_line_in_is_answered_by_a_line_out(tmp_path: Path, questions: int) -> None:
    run = run_of(tmp_path, kind="healthy", steps=(1, 4, 16), settings={"max_s": 60.0, "climbs": True})
    command = [sys.executable, "-P", "-m", "reports.next_step", str(run.path)]
    done = subprocess.run(
        command, input="\n" * questions, capture_output=True, text=True, timeout=60, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == questions
    assert msgspec.json.decode(lines[0], type=Advice).users == 48

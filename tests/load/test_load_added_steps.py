"""Steps that are added after the ladder, in runs of Locust against a service that takes four requests at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from load_process import Run, children_of, free_port, run_locust, started, wait_until, write_scenario


@pytest.fixture(scope="module")
def refined(service_url: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    fields = f"target='{service_url}/limited', steps=(1, 16), hold='1s', max_seconds=9"
    return run_locust(write_scenario(tmp_path_factory.mktemp("refined"), fields))


def test_the_ladder_is_run_first_and_steps_in_between_are_added(refined: Run) -> None:
    assert refined.code == 0, refined.output
    started_steps = refined.events("step_started")
    assert [(e.users, e.data["purpose"]) for e in started_steps[:2]] == [(1, "ladder"), (16, "ladder")]
    added = started_steps[2:]
    assert added, [e.message for e in refined.events("notice")]
    assert all(e.data["purpose"] in ("refinement", "repeat") and e.users in range(1, 49) for e in added)
    assert all(e.data["hold_s"] == 1.0 for e in started_steps)


def test_an_added_step_has_just_its_users_also_when_they_are_fewer_than_before(refined: Run) -> None:
    for event in refined.events("step_started"):
        users = {sample.user for sample in refined.samples() if sample.step == event.step}
        assert len(users) == event.users


def test_progress_says_what_an_added_step_is_for(refined: Run) -> None:
    added = [reading for reading in refined.progress() if reading.purpose == "refinement"]
    assert added
    assert all(reading.note is not None and reading.is_open_ended for reading in added)
    assert all(reading.remaining_s is not None and reading.remaining_s <= 9 for reading in refined.progress())


def test_a_helper_that_ends_costs_the_added_steps_only(service_url: str, tmp_path: Path) -> None:
    file = write_scenario(
        tmp_path, f"target='{service_url}/limited', steps=(1, 16), hold='1s', max_seconds=9"
    )
    broken = "import harness.load.advisor as advisor\nadvisor.COMMAND = ('-c', 'raise SystemExit(3)')\n"
    file.write_text(broken + file.read_text())
    run = run_locust(file)
    assert run.code == 0, run.output
    assert [event.users for event in run.events("step_started")] == [1, 16]
    assert any("no steps were added" in (event.message or "") for event in run.events("notice"))


def test_the_helper_ends_with_an_interrupted_run(service_url: str, tmp_path: Path) -> None:
    file = write_scenario(tmp_path, f"target='{service_url}/work', steps=(1, 2), hold=30, max_seconds=90")
    with started(file, "--headless", "--only-summary") as (process, run):
        assert wait_until(lambda: run.events("step_started"))
        assert len(children_of(process.pid)) == 1
        process.terminate()
        process.wait(30)
    assert children_of(process.pid) == []
    assert run.events()[-1].data == {"completed": False}


def test_several_load_processes_have_the_users_of_each_added_step_between_them(
    service_url: str, tmp_path: Path
) -> None:
    fields = f"target='{service_url}/limited', steps=(1, 12), hold='1s', max_seconds=14"
    port = str(free_port())
    run = run_locust(
        write_scenario(tmp_path, fields),
        "--processes", "2", "--master-port", port, "--master-bind-host", "127.0.0.1", "--master-bind-port", port,
    )  # fmt: skip
    assert run.code == 0, run.output
    steps = run.events("step_started")
    assert len(steps) > 2
    for event in steps:
        assert len({sample.user for sample in run.samples() if sample.step == event.step}) == event.users

"""Several load-generating processes make the same run as one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from load_process import (
    HEADLESS,
    LIMIT_S,
    LOCUST,
    Run,
    children_of,
    free_port,
    is_alive,
    run_locust,
    started,
    wait_until,
    write_scenario,
)

FIELDS = "target='{url}/work', steps=(1, 3, 6), hold='1s', drain='2s'"
CHAINS = Path(__file__).with_name("owned_chains.py")


def ports() -> list[str]:
    port = str(free_port())
    return ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]


@pytest.fixture(scope="module")
def forked(service_url: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("forked")
    return run_locust(write_scenario(folder, FIELDS.format(url=service_url)), "--processes", "2", *ports())


def test_processes_make_a_complete_run(forked: Run) -> None:
    assert forked.code == 0, forked.output
    assert forked.events()[-1].data == {"completed": True}
    assert {s.outcome for s in forked.samples()} == {"ok"}
    assert "Traceback" not in forked.output


def test_users_are_numbered_over_all_processes(forked: Run) -> None:
    users = {step: {s.user for s in forked.samples() if s.step == step} for step in range(3)}
    assert users == {0: {0}, 1: {0, 1, 2}, 2: {0, 1, 2, 3, 4, 5}}
    for user in range(6):
        sequences = sorted(s.sequence for s in forked.samples() if s.user == user)
        assert sequences == list(range(len(sequences)))


def test_each_process_reports_its_health(forked: Run) -> None:
    assert Counter((h.step, h.worker) for h in forked.health()) == {
        (s, w): 1 for s in range(3) for w in range(2)
    }


def test_steps_hold_for_all_processes_alike(forked: Run) -> None:
    for step in range(3):
        (start,) = (e.at_s for e in forked.events("step_started") if e.step == step)
        (end,) = (e.at_s for e in forked.events("step_ended") if e.step == step)
        samples = [s for s in forked.samples() if s.step == step]
        assert all(start <= s.due_s <= s.start_s <= end + 0.2 for s in samples)
        in_flight = sum(s.start_s <= end and s.end_s is not None and s.end_s > end for s in samples)
        assert in_flight <= (1, 3, 6)[step]


def test_what_hangs_is_censored_in_every_process(service_url: str, tmp_path: Path) -> None:
    fields = f"target='{service_url}/hang', steps=(4,), hold=1, drain=0.3"
    run = run_locust(write_scenario(tmp_path, fields), "--processes", "2", *ports())
    assert run.code == 0, run.output
    assert Counter(s.outcome for s in run.samples()) == {"censored": 4}
    assert {s.user for s in run.samples()} == {0, 1, 2, 3}


def test_workers_started_by_hand_make_the_same_run(service_url: str, tmp_path: Path) -> None:
    file = write_scenario(tmp_path, FIELDS.format(url=service_url))
    port = str(free_port())
    worker = [*LOCUST, "-f", file.name, "--worker", "--master-host", "127.0.0.1", "--master-port", port]
    workers = [
        subprocess.Popen(worker, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        for _ in "ab"
    ]
    try:
        run = run_locust(file, "--master", "--expect-workers", "2", "--master-bind-port", port)
        assert [w.wait(30) for w in workers] == [0, 0]
    finally:
        for process in workers:
            process.kill()
            process.wait()
    assert run.code == 0, run.output
    assert Counter(s.outcome for s in run.samples()).keys() == {"ok"}
    assert {s.user for s in run.samples()} == set(range(6))
    assert {h.worker for h in run.health()} == {0, 1}


def test_a_worker_that_comes_late_takes_part_and_is_said(service_url: str, tmp_path: Path) -> None:
    file = write_scenario(tmp_path, f"target='{service_url}/work', steps=(4,), hold=6")
    port = str(free_port())
    worker = [*LOCUST, "-f", file.name, "--worker", "--master-host", "127.0.0.1", "--master-port", port]
    workers = [subprocess.Popen(worker, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)]
    arguments = (*HEADLESS, "--master", "--expect-workers", "1", "--master-bind-port", port)
    try:
        with started(file, *arguments) as (process, run):
            assert wait_until(lambda: run.samples())
            workers.append(
                subprocess.Popen(worker, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
            )
            output, _ = process.communicate(timeout=LIMIT_S)
    finally:
        for child in workers:
            child.kill()
            child.wait()
    assert process.returncode == 0, output
    assert any("joined during step 1" in (e.message or "") for e in run.events("notice"))
    assert {h.worker for h in run.health()} == {0, 1}
    assert len({s.user for s in run.samples()}) > 4  # those that moved have new numbers


def test_a_worker_that_dies_is_said_and_the_run_goes_on(service_url: str, tmp_path: Path) -> None:
    file = write_scenario(tmp_path, f"target='{service_url}/work', steps=(4, 6), hold=7")
    with started(file, *HEADLESS, "--processes", "2", *ports()) as (process, run):
        assert wait_until(lambda: run.samples())
        os.kill(children_of(process.pid)[0], signal.SIGKILL)
        output, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, output
    assert any("is gone" in (e.message or "") for e in run.events("notice"))
    assert run.events()[-1].data == {"completed": True}
    (last,) = (e.at_s for e in run.events("step_started") if e.step == 1)
    assert len({s.user for s in run.samples() if s.start_s > last}) == 6


def test_a_worker_on_another_machine_ends_the_run_in_words(service_url: str, tmp_path: Path) -> None:
    file = write_scenario(tmp_path, f"target='{service_url}/work', steps=(2,), hold=20")
    elsewhere = "import harness.load.reporting\nharness.load.reporting.machine_id = lambda: 'elsewhere'\n"
    (tmp_path / "far.py").write_text(file.read_text() + elsewhere)
    port = str(free_port())
    worker = [*LOCUST, "-f", "far.py", "--worker", "--master-host", "127.0.0.1", "--master-port", port]
    child = subprocess.Popen(worker, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        run = run_locust(file, "--master", "--expect-workers", "1", "--master-bind-port", port)
    finally:
        child.kill()
        child.wait()
    assert run.code == 2, run.output
    assert "start all workers where the master runs" in run.output


def test_a_run_whose_workers_are_all_gone_fails(service_url: str, tmp_path: Path) -> None:
    file = write_scenario(tmp_path, f"target='{service_url}/work', steps=(2,), hold=30")
    with started(file, *HEADLESS, "--processes", "2", *ports()) as (process, run):
        assert wait_until(lambda: run.samples())
        for child in children_of(process.pid):
            os.kill(child, signal.SIGKILL)
        output, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 4, output
    assert "every load worker is gone" in (run.events("failed")[0].message or "")
    assert run.samples()


@pytest.mark.parametrize("from_terminal", [False, True])
def test_an_interrupt_collects_what_the_processes_have_in_flight(
    service_url: str, tmp_path: Path, from_terminal: bool
) -> None:
    file = write_scenario(tmp_path, f"target='{service_url}/hang', steps=(4,), hold=30")
    with started(file, *HEADLESS, "--processes", "2", *ports()) as (process, run):
        assert wait_until(lambda: any(p.in_flight == 4 for p in run.progress()))
        forked = children_of(process.pid)
        if from_terminal:  # which sends Ctrl-C to all of them
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert Counter(s.outcome for s in run.samples()) == {"censored": 4}
    assert len(forked) == 2 and not any(map(is_alive, forked))


def test_nothing_is_left_when_the_master_is_killed(tmp_path: Path) -> None:
    shutil.copy(CHAINS, tmp_path / "chains.py")
    file = write_scenario(tmp_path, "target='chains.py:quick', input={'n': 1}, steps=(4,), hold=30")
    with started(file, *HEADLESS, "--processes", "2", *ports()) as (process, run):
        assert wait_until(lambda: run.samples())
        everything = {*children_of(process.pid), *run.pids()}
        process.kill()
        process.wait()
        assert len(everything) == 4
        assert wait_until(lambda: not any(map(is_alive, everything)), 20)

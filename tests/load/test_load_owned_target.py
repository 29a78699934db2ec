"""Locust owns the provider and the target: it starts, drains, restarts and ends them."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from load_process import HEADLESS, Run, is_alive, run_locust, started, wait_until, write_scenario

from harness.children import Child
from harness.records import Invocation
from harness.run_directory import read_jsonl

CHAINS = Path(__file__).with_name("owned_chains.py")


def scenario(folder: Path, chain: str, fields: str) -> Path:
    """A locustfile and the chains beside it."""
    shutil.copy(CHAINS, folder / "chains.py")
    return write_scenario(folder, f"target='chains.py:{chain}', input={{'n': 1}}, {fields}")


def invocations(run: Run) -> list[Invocation]:
    return list(read_jsonl(run.path / "invocations.jsonl", Invocation))


def assert_nothing_is_left(run: Run) -> None:
    assert run.pids()
    assert wait_until(lambda: not any(map(is_alive, run.pids())), 20)


def test_a_run_starts_provider_and_target_and_ends_them(tmp_path: Path) -> None:
    run = run_locust(scenario(tmp_path, "quick", "steps=(1, 3), hold=1"))
    assert run.code == 0, run.output
    assert [e.kind for e in run.events()][:4] == ["run_started", "mock_ready", "target_ready", "step_started"]
    assert {s.outcome for s in run.samples()} == {"ok"}
    assert (run.path / "mock.toml").is_file()
    assert_nothing_is_left(run)


def test_samples_and_invocations_are_joined_by_their_trace(tmp_path: Path) -> None:
    run = run_locust(scenario(tmp_path, "quick", "steps=(2,), hold=1"))
    seen = {i.trace_id: i for i in invocations(run)}
    assert len(run.samples()) > 5
    for sample in run.samples():
        invocation = seen[sample.trace_id]
        assert (invocation.step, invocation.user, invocation.sequence) == (0, sample.user, sample.sequence)
        assert sample.end_s is not None
        assert sample.start_s <= invocation.start_s <= invocation.end_s <= sample.end_s


def test_what_hangs_is_censored_and_cancelled_and_the_next_step_runs(tmp_path: Path) -> None:
    run = run_locust(scenario(tmp_path, "hanging", "steps=(2, 4), hold=1, drain=0.3"))
    assert run.code == 0, run.output
    censored = Counter(s.step for s in run.samples() if s.outcome == "censored")
    assert censored == {0: 2, 1: 4}
    assert [e.data["cancelled"] for e in run.events("step_drained")] == [2, 4]
    assert run.events("target_restarted") == []
    cancelled = [i for i in invocations(run) if i.outcome == "cancelled"]
    assert {s.trace_id for s in run.samples() if s.outcome == "censored"} == {i.trace_id for i in cancelled}


def test_a_target_that_no_longer_answers_is_restarted_for_the_next_step(tmp_path: Path) -> None:
    run = run_locust(scenario(tmp_path, "blocking", "steps=(1, 2), hold=1, drain=0.3"))
    assert run.code == 0, run.output
    (restarted,) = run.events("target_restarted")
    assert restarted.step == 0 and "did not answer" in (restarted.message or "")
    assert len({e.data["pid"] for e in run.events("target_ready")}) == 2
    assert Counter((s.step, s.outcome) for s in run.samples())[1, "ok"] > 0
    assert run.events("notice")[-1].message == "after the last step the target did not answer within 3 s"
    assert_nothing_is_left(run)


def test_an_invocation_that_hangs_is_answered_by_the_target_with_a_time_out(tmp_path: Path) -> None:
    run = run_locust(scenario(tmp_path, "hanging", "steps=(1,), hold=2, drain=2, timeout=0.5"))
    timeouts = [s for s in run.samples() if s.outcome == "timeout"]
    assert timeouts and all(s.status == 504 for s in timeouts)
    assert {i.outcome for i in invocations(run)} >= {"hung"}


def test_an_error_of_the_chain_is_a_sample_with_type_and_message(tmp_path: Path) -> None:
    run = run_locust(scenario(tmp_path, "failing", "steps=(1,), hold=1"))
    assert run.code == 0
    assert {(s.outcome, s.error) for s in run.samples()} == {("error", "ValueError: no such order")}


def test_tokens_of_a_chain_are_timed_at_the_client(tmp_path: Path) -> None:
    run = run_locust(scenario(tmp_path, "streaming", "steps=(2,), hold=1, mode='astream'"))
    assert len(run.samples()) > 2
    assert {(s.outcome, s.chunk_count) for s in run.samples()} == {("ok", 5)}


def test_a_target_that_dies_ends_the_run_with_its_last_words(tmp_path: Path) -> None:
    run = run_locust(scenario(tmp_path, "dying", "steps=(2, 4), hold=5"))
    assert run.code == 4
    (failed,) = run.events("failed")
    assert failed.data == {"exit_code": 4, "part": "target"}
    assert "died with code 7" in (failed.message or "") and "took its process with it" in (
        failed.message or ""
    )
    assert run.events()[-1].data == {"completed": False}
    assert any(s.outcome == "ok" for s in run.samples())
    assert "Traceback" not in run.output
    assert_nothing_is_left(run)


def test_a_provider_that_dies_ends_the_run(tmp_path: Path) -> None:
    file = scenario(tmp_path, "quick", "steps=(2,), hold=30")
    with started(file, *HEADLESS) as (process, run):
        assert wait_until(lambda: run.events("step_started"))
        os.kill(run.events("mock_ready")[0].data["pid"], signal.SIGKILL)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 4, output
    assert run.events("failed")[0].data["part"] == "mock"
    assert run.samples()
    assert_nothing_is_left(run)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_it_measured(tmp_path: Path, number: int) -> None:
    file = scenario(tmp_path, "hanging", "steps=(4,), hold=30")
    with started(file, *HEADLESS) as (process, run):
        assert wait_until(lambda: len(run.samples()) >= 3)
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert [e.kind for e in run.events()][-2:] == ["interrupted", "run_ended"]
    assert run.events()[-1].data == {"completed": False}
    assert Counter(s.outcome for s in run.samples()) == {"ok": 3, "censored": 4}
    assert "Traceback" not in output
    assert_nothing_is_left(run)


def test_an_interrupt_while_the_target_starts_leaves_nothing(tmp_path: Path) -> None:
    file = scenario(tmp_path, "quick", "steps=(1,), hold=30")
    with (tmp_path / "chains.py").open("a") as chains:
        chains.write("time.sleep(60)\n")
    with started(file, *HEADLESS) as (process, run):
        assert wait_until(lambda: run.events("mock_ready"))
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert run.events()[-1].data == {"completed": False}
    assert_nothing_is_left(run)


def test_nothing_is_left_when_locust_is_killed(tmp_path: Path) -> None:
    file = scenario(tmp_path, "quick", "steps=(2,), hold=30")
    with started(file, *HEADLESS) as (process, run):
        assert wait_until(lambda: run.samples())
        process.kill()
        process.wait()
        assert_nothing_is_left(run)


def test_nothing_is_left_when_whoever_started_locust_lets_go(tmp_path: Path) -> None:
    file = scenario(tmp_path, "quick", "steps=(2,), hold=30")
    run = Run(tmp_path / "run")
    run.path.mkdir()
    child = Child(
        "load",
        [sys.executable, "-P", "-m", "locust", "-f", str(file), *HEADLESS],
        ready_file=tmp_path / "ready.json",
        log_file=tmp_path / "load.log",
        environment=os.environ | {"CHAINLOAD_RUN_DIR": str(run.path)},
        working_directory=tmp_path,
    )
    try:
        assert wait_until(lambda: run.samples())
    finally:
        child.stop(grace_s=30)
    assert run.events()[-1].kind == "run_ended"
    assert_nothing_is_left(run)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("target='chains.py:missing'", "missing"),
        ("target='chains.py:no_target'", "no_target"),
        ("target='chains.py:quick', steps=(5, 1)", "must ascend"),
        ("target='chains.py:quick', hold='soon'", "'soon'"),
        ("target='http://example.com/chat'", "example.com"),
        ("target='chains.py:quick', mock_set=['limits.nonsense=1']", "nonsense"),
        ("target=''", "no target"),
    ],
)
def test_bad_input_is_said_in_words(tmp_path: Path, fields: str, words: str) -> None:
    shutil.copy(CHAINS, tmp_path / "chains.py")
    run = run_locust(write_scenario(tmp_path, fields))
    assert run.code == 2, run.output
    assert words in run.output
    assert "Traceback" not in run.output


def test_too_few_open_files_are_said_before_anything_starts(tmp_path: Path) -> None:
    file = scenario(tmp_path, "quick", "steps=(1, 500)")
    command = [sys.executable, "-P", "-m", "locust", "-f", file.name, *HEADLESS]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 400)),
    )
    assert done.returncode == 2
    assert "500 users need about 1256 open files" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_the_request_of_the_command_overrides_the_scenario(tmp_path: Path) -> None:
    file = scenario(tmp_path, "quick", "steps=(1, 2, 3), hold=30")
    (tmp_path / "request.json").write_text('{"steps": [2], "hold_s": 1.0, "name": "mine"}')
    run = run_locust(file, CHAINLOAD_REQUEST=str(tmp_path / "request.json"))
    assert run.code == 0, run.output
    assert (run.info().settings.steps, run.info().settings.name) == ((2,), "mine")
    assert run.info().settings.target == "chains.py:quick"

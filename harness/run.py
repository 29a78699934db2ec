"""A whole run, seen from the plain parent process: start the load process, show its progress, then analyse.

The load process owns the provider and the target; this one only owns the load process.  It never imports locust
(which patches the interpreter at import) and never imports the user's chain.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
from rich.console import Console

from harness.children import Child
from harness.errors import BadInputError, ExitCode, LoadError
from harness.options import find_target_problem, is_scenario, name_of
from harness.progress import RunFollower, open_view
from harness.run_directory import RunDirectory, write_whole
from harness.run_naming import make_run_directory
from harness.settings import DEFAULT_MAX_S, RunSettings

BUILT_IN_LOCUSTFILE = Path(__file__).parent / "load" / "locustfile.py"
LOOPBACK = "127.0.0.1"
POLL_S = 0.1
STOP_GRACE_S = 30.0  # after Ctrl-C: the load process drains, stops its children and writes what it has


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A run to make: the locustfile that drives it, and the settings that are given (the rest is the scenario's)."""

    locustfile: Path
    name: str
    overrides: dict[str, Any]
    steps: tuple[int, ...]
    processes: int | None = None


class RunOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended.  ``problem`` is None when the run completed."""

    directory: RunDirectory
    problem: str | None
    exit_code: ExitCode
    has_samples: bool  # whether there is anything to report


def make_request(target: str, given: dict[str, Any], *, processes: int | None) -> RunRequest:
    """Check what can be checked without running anything.

    given: fields of RunSettings.  Raises BadInputError that lists every problem.
    """
    working_directory = Path.cwd()
    if is_scenario(target, working_directory):
        locustfile, name = working_directory / target, Path(target).stem
        settings = msgspec.structs.replace(describe_scenario(locustfile), **given)
    else:
        locustfile, name = BUILT_IN_LOCUSTFILE, name_of(target)
        given = (
            _defaults(given)
            | {"name": name, "target": target, "working_directory": str(working_directory)}
            | given
        )
        settings = RunSettings(**given)
    problems = list(_problems(settings))
    if problems:
        raise BadInputError("\n".join(problems))
    return RunRequest(
        locustfile=locustfile, name=name, overrides=given, steps=settings.steps, processes=processes
    )


def _defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a target gets that no scenario speaks for: steps beyond the given ones, of a length that fits."""
    return {"max_s": DEFAULT_MAX_S, "adapts_hold": "hold_s" not in given}


def _problems(settings: RunSettings) -> Iterator[str]:
    from mock_provider.plan import PlanError, load_plan

    target_problem = find_target_problem(settings.target, Path(settings.working_directory))
    if target_problem:
        yield target_problem
    try:
        settings.check()
    except BadInputError as error:
        yield str(error)
    plan = Path(settings.working_directory, settings.mock_plan) if settings.mock_plan else None
    try:
        load_plan(plan, settings.mock_set)
    except PlanError as error:
        yield str(error)


def describe_scenario(locustfile: Path) -> RunSettings:
    """The settings of a scenario, read in a process of its own: importing it patches the interpreter."""
    command = [sys.executable, "-P", "-m", "harness.load.describe", str(locustfile)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if result.returncode != 0:
        raise BadInputError(f"{locustfile.name} is no scenario that runs: {result.stderr.strip()[-2000:]}")
    try:
        return msgspec.json.decode(result.stdout, type=RunSettings)
    except msgspec.DecodeError as error:
        raise BadInputError(f"{locustfile.name} printed something beside its settings: {error}") from error


def execute(request: RunRequest, *, out: Path | None, console: Console) -> RunOutcome:
    """Make the run.  Returns when every process is gone; what was measured is on disk, however it ended."""
    directory = make_run_directory(request.name, out=out, now=datetime.now(UTC))
    write_whole(directory.file("request.json"), msgspec.json.encode(request.overrides))
    with open_view(console, request.steps) as view, sigterm_as_interrupt():
        view.say(f"run directory: {directory.path}")
        follower = RunFollower(directory, view)
        load = start_load(request, directory)
        try:
            interrupted = _follow(load, follower, view.say)
        finally:
            load.stop(grace_s=2.0)
        follower.update()
    return _outcome(directory, follower, load, interrupted=interrupted)


def start_load(
    request: RunRequest, directory: RunDirectory, *, environment: Mapping[str, str] | None = None
) -> Child:
    """The load process of a run.  environment: None takes our own."""
    arguments = [sys.executable, "-P", "-m", "locust", "-f", str(request.locustfile)]
    arguments += ["--headless", "--only-summary"]
    if request.processes:
        # Locust's own default is one fixed port on all interfaces: two runs would collide, and others could join.
        port = str(_find_free_port())
        arguments += ["--processes", str(request.processes), "--master-port", port]
        arguments += ["--master-bind-host", LOOPBACK, "--master-bind-port", port]
    hand_over = {
        "CHAINLOAD_RUN_DIR": str(directory.path.absolute()),
        "CHAINLOAD_REQUEST": str(directory.file("request.json").absolute()),
    }
    return Child(
        "load",
        arguments,
        ready_file=directory.file("load.ready.json"),
        log_file=directory.file("load.log"),
        environment={**(os.environ if environment is None else environment), **hand_over},
    )


def _find_free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _follow(load: Child, follower: RunFollower, say: Callable[[str], None]) -> bool:
    """Show progress until the load process ends.  Returns whether the user interrupted it."""
    interrupted_s: float | None = None
    while load.exit_code is None:
        try:
            follower.update()
            time.sleep(POLL_S)
            if interrupted_s is not None and time.monotonic() - interrupted_s > STOP_GRACE_S:
                break
        except KeyboardInterrupt:
            if interrupted_s is not None:
                say("stopped at once")
                break
            interrupted_s = time.monotonic()
            say("stopping: finishing the records of what was measured (Ctrl-C again to stop at once)")
            load.interrupt()
    if interrupted_s is not None and load.exit_code is None:
        load.stop(grace_s=0.0)
    return interrupted_s is not None


def _outcome(directory: RunDirectory, follower: RunFollower, load: Child, *, interrupted: bool) -> RunOutcome:
    problem, code = None, ExitCode.OK
    if interrupted:
        problem, code = "interrupted", ExitCode.INTERRUPTED
    elif follower.failure is not None:
        event = follower.failure
        problem = event.message or "the run failed"
        code = ExitCode(event.data.get("exit_code", ExitCode.FAILED_TO_RUN))
    elif not follower.completed:
        problem = f"the load process ended early, with code {load.exit_code}; see {load.log_file}"
        code = LoadError.exit_code
    samples = directory.file("samples.jsonl")
    has_samples = samples.is_file() and samples.stat().st_size > 0
    return RunOutcome(directory=directory, problem=problem, exit_code=code, has_samples=has_samples)


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """SIGTERM stops a run as Ctrl-C does, so that a cancelled CI job leaves a report and no process."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

"""Starts Locust with a scenario, as a user does, and reads the run directory it leaves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.records import Event, GeneratorHealth, Progress, Sample
from harness.run_directory import RunDirectory, RunInfo, read_jsonl

LIMIT_S = 90.0
LOCUST = [sys.executable, "-P", "-m", "locust"]
HEADLESS = ("--headless", "--only-summary")


@dataclass
class Run:
    """What one Locust process left behind."""

    path: Path
    code: int | None = None
    output: str = ""

    def samples(self) -> list[Sample]:
        return list(read_jsonl(self.path / "samples.jsonl", Sample))

    def events(self, kind: str | None = None) -> list[Event]:
        return [e for e in read_jsonl(self.path / "events.jsonl", Event) if kind in (None, e.kind)]

    def health(self) -> list[GeneratorHealth]:
        return list(read_jsonl(self.path / "generator.jsonl", GeneratorHealth))

    def progress(self) -> list[Progress]:
        return list(read_jsonl(self.path / "progress.jsonl", Progress))

    def info(self) -> RunInfo:
        return RunDirectory(self.path).read_info()

    def pids(self) -> list[int]:
        """Of the processes that the run started."""
        return [e.data["pid"] for e in self.events() if e.kind in ("mock_ready", "target_ready")]


def write_scenario(folder: Path, fields: str, *, more: str = "", name: str = "scenario") -> Path:
    """A locustfile; fields: the arguments of Scenario, as source."""
    file = folder / f"{name}.py"
    file.write_text(
        "from locust import task\n"
        "from harness.load import Scenario, locust_classes\n"
        f"SCENARIO = Scenario({fields})\n"
        "ChainUser, StepShape = locust_classes(SCENARIO)\n" + more
    )
    return file


@contextmanager
def started(
    file: Path, *arguments: str, hand_over: bool = True, **variables: str
) -> Iterator[tuple[subprocess.Popen[str], Run]]:
    """A Locust process in the folder of its scenario; killed when the block is left."""
    directory = file.parent / "run"
    environment = os.environ | variables
    if hand_over:
        directory.mkdir(exist_ok=True)
        environment |= {"CHAINLOAD_RUN_DIR": str(directory)}
    process = subprocess.Popen(
        [*LOCUST, "-f", file.name, *arguments],
        cwd=file.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process, Run(directory)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def run_locust(file: Path, *arguments: str, hand_over: bool = True, **variables: str) -> Run:
    """A headless run, from start to end."""
    with started(file, *HEADLESS, *arguments, hand_over=hand_over, **variables) as (process, run):
        run.output, _ = process.communicate(timeout=LIMIT_S)
        run.code = process.returncode
    return run


def wait_until(condition: Callable[[], object], timeout_s: float = 60.0) -> bool:
    until_s = time.monotonic() + timeout_s
    while time.monotonic() < until_s:
        if condition():
            return True
        time.sleep(0.05)
    return False


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except OSError:  # it has just ended
            continue
    return found


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

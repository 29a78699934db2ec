"""The whole way once: a repository, a regression, `chainload gate --base`, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from git_repository import make_repository, worktrees

CHAIN = """
import asyncio
from langchain_core.runnables import RunnableLambda

PERMITS = asyncio.Semaphore(6)


async def answer(question: str) -> str:
    async with PERMITS:
        await asyncio.sleep(0.05)
    return question


chain = RunnableLambda(answer)
"""
GATE = [
    sys.executable,
    "-P",
    "-m",
    "harness",
    "gate",
    "chain.py:chain",
    "--base",
    "main",
    "--steps",
    "1,4,16",
]
LIMIT_S = 240.0


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two permits of six are left in the working tree."""
    repository = make_repository(tmp_path / "project", {"chain.py": CHAIN})
    (repository / "chain.py").write_text(CHAIN.replace("Semaphore(6)", "Semaphore(2)"))
    return repository


def test_a_regression_fails_with_its_size_and_its_line(repository: Path, tmp_path: Path) -> None:
    arguments = ["--pair-slice", "500ms", "--out", str(tmp_path / "out"), "--json"]
    result = subprocess.run(
        [*GATE, *arguments], cwd=repository, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert result.returncode == 1, result.stderr
    gate = msgspec.json.decode(result.stdout)
    failed = {one["name"]: one for one in gate["results"] if one["status"] == "failed"}
    assert "throughput against base" in failed
    found = failed["throughput against base"]
    assert 0.4 < found["observed"] < 0.8
    assert found["location"]["file"].endswith("chain.py")
    assert found["location"]["line"] == CHAIN.splitlines().index("    async with PERMITS:") + 1
    assert worktrees(repository) == [str(repository)]


def test_a_gate_that_is_ended_leaves_no_worktree_and_no_process(repository: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen([*GATE, "--out", str(out)], cwd=repository, stderr=subprocess.DEVNULL) as gate:
        assert wait_until(lambda: len(worktrees(repository)) == 2)
        assert wait_until(lambda: any(out.rglob("events.jsonl")))
        gate.send_signal(signal.SIGTERM)
        assert gate.wait(60) == 130
    assert worktrees(repository) == [str(repository)]
    assert [pid for pid in Path("/proc").glob("[0-9]*") if mentions(pid, str(out))] == []


def wait_until(condition: Callable[[], bool], limit_s: float = 60.0) -> bool:
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        if condition():
            return True
        time.sleep(0.05)
    return False


def mentions(process: Path, text: str) -> bool:
    try:
        return text.encode() in (process / "cmdline").read_bytes() and process.name != str(os.getpid())
    except OSError:  # it has just ended
        return False

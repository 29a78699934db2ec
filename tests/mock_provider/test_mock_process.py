"""The provider as a process: says that it serves or why it cannot, and never outlives its parent."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from wire_client import CHAT

from harness.children import Child
from harness.errors import ExitCode, ProviderError
from mock_provider.process import LIFELINE_VARIABLE, READY_VARIABLE
from mock_provider.records import Attempt

START_S = 60.0


def start(folder: Path, *arguments: str) -> Child:
    return Child(
        "mock",
        [sys.executable, "-m", "mock_provider", *arguments],
        ready_file=folder / "ready.json",
        log_file=folder / "mock.log",
    )


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    started = start(tmp_path, "--ledger", str(tmp_path / "provider.jsonl"), "--set", "latency.mean_s=0")
    yield started
    started.stop()


def test_words_for_the_parent_are_those_the_harness_knows() -> None:
    from harness import children

    assert (LIFELINE_VARIABLE, READY_VARIABLE) == (children.LIFELINE_VARIABLE, children.READY_VARIABLE)


def test_it_says_its_port_and_serves(child: Child) -> None:
    ready = child.wait_until_ready(START_S, error=ProviderError)
    url = f"http://127.0.0.1:{ready.port}/v1/chat/completions"
    assert httpx.post(url, json=CHAT, timeout=20).status_code == 200


def test_it_leaves_when_the_parent_lets_go_and_the_ledger_is_whole(child: Child, tmp_path: Path) -> None:
    ready = child.wait_until_ready(START_S, error=ProviderError)
    httpx.post(f"http://127.0.0.1:{ready.port}/v1/chat/completions", json=CHAT, timeout=20)
    child._cut_lifeline()
    assert child.wait(START_S) == 0
    lines = (tmp_path / "provider.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=Attempt).outcome for line in lines] == ["ok"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_on_a_signal(child: Child, number: signal.Signals) -> None:
    child.wait_until_ready(START_S, error=ProviderError)
    os.kill(child.pid, number)
    assert child.wait(START_S) == 0


def test_junk_plan_ends_it_with_all_problems_and_code_2(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text("[latency]\nkind = 'slow'\n[limit]\n")
    child = start(tmp_path, "--plan", str(plan))
    try:
        with pytest.raises(ProviderError) as caught:
            child.wait_until_ready(START_S, error=ProviderError)
    finally:
        child.stop()
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert "latency.kind is 'slow'" in str(caught.value)
    assert "limit is no key of the plan" in str(caught.value)
    assert "Traceback" not in (tmp_path / "mock.log").read_text()


def test_port_that_is_taken_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        child = start(tmp_path, "--port", str(port))
        try:
            with pytest.raises(
                ProviderError, match=rf"port {port} .* cannot be used .*; give another with --port"
            ):
                child.wait_until_ready(START_S, error=ProviderError)
        finally:
            child.stop()


def test_ledger_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mock_provider", "--ledger", str(tmp_path / "absent" / "x.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_S, check=False)
    assert done.returncode == 2
    assert "cannot be written (No such file or directory)" in done.stderr
    assert "Traceback" not in done.stderr


def test_effective_plan_is_written_and_reads_back(tmp_path: Path) -> None:
    written = tmp_path / "effective.toml"
    child = start(tmp_path, "--set", "limits.requests_per_minute=7", "--write-plan", str(written))
    try:
        child.wait_until_ready(START_S, error=ProviderError)
    finally:
        child.stop()
    assert "requests_per_minute = 7" in written.read_text()


def test_start_message_says_how_to_use_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mock_provider", "--set", "faults=[{kind='hang', name='stuck'}]"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        process.terminate()
    text = "".join(lines)
    assert "The mock provider serves http://127.0.0.1:" in text
    assert "OPENAI_BASE_URL=http://127.0.0.1:" in text
    assert "constant, 0.2 s" in text
    assert "stuck" in text


def test_reading_a_plan_loads_no_server() -> None:
    code = "import sys, mock_provider.plan; print([m for m in sys.modules if m in ('httptools', 'uvloop', 'respx')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == []

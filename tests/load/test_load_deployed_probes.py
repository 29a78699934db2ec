"""A service that somebody else started shows its probes to a run that has the token."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from load_process import Run, run_locust, write_scenario

from harness.probe_records import ProbeRecord, Trace
from harness.run_directory import read_jsonl
from harness.tracing import TOKEN_VARIABLE
from mock_provider.records import Attempt

TOKEN = "long enough to be a token"


@pytest.fixture
def mock_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def probed_url(mock_port: int) -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("probed_service.py")), str(mock_port)]
    environment = os.environ | {TOKEN_VARIABLE: TOKEN}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


def drive(folder: Path, url: str, mock_port: int) -> Run:
    mock = f"mock_port={mock_port}, mock={{'latency': {{'mean_s': 0.1}}}}"
    fields = f"target='{url}/ask', steps=(1, 3), hold='2s', {mock}"
    return run_locust(write_scenario(folder, fields))


def test_its_waits_and_the_providers_ledger_are_in_the_run(
    tmp_path: Path, probed_url: str, mock_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    run = drive(tmp_path, probed_url, mock_port)
    assert run.code == 0, run.output
    traces = [
        record for record in read_jsonl(run.path / "probes.jsonl", ProbeRecord) if isinstance(record, Trace)
    ]  # type: ignore[arg-type]
    sampled = {sample.trace_id for sample in run.samples()}
    assert {trace.step for trace in traces if trace.trace_id in sampled} == {0, 1}
    assert "lock_wait" in {span.kind for trace in traces for span in trace.spans}
    assert {attempt.trace_id for attempt in read_jsonl(run.path / "provider.jsonl", Attempt)} & sampled
    assert [event.message for event in run.events("notice")] == []
    assert TOKEN not in "".join(path.read_text() for path in run.path.glob("*.json*"))


def test_another_token_shows_nothing_and_that_is_said(
    tmp_path: Path, probed_url: str, mock_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "quite another long token")
    run = drive(tmp_path, probed_url, mock_port)
    assert run.code == 0, run.output
    assert not (run.path / "probes.jsonl").exists()
    assert any("showed no probes" in (event.message or "") for event in run.events("notice"))

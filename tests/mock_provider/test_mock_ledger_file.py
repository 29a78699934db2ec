"""The ledger as the server writes it: whole when it stops, open requests included."""

from __future__ import annotations

from pathlib import Path

import msgspec
from wire_client import connect, post, request_bytes, wait_for_attempts, wait_until

from mock_provider.records import Attempt
from mock_provider.running import run_provider


def test_ledger_on_disk_is_what_the_ledger_in_memory_is(tmp_path: Path) -> None:
    file = tmp_path / "provider.jsonl"
    with run_provider("latency.mean_s=0", ledger=file) as provider:
        for _ in range(3):
            post(provider)
        kept = wait_for_attempts(provider, 3)
    written = [msgspec.json.decode(line, type=Attempt) for line in file.read_bytes().splitlines()]
    assert written == kept


def test_what_is_open_when_the_provider_stops_is_written_down_as_open(tmp_path: Path) -> None:
    file = tmp_path / "provider.jsonl"
    with run_provider("faults=[{kind='hang'}]", "capacity.slots=1", ledger=file) as provider:
        clients = [connect(provider) for _ in range(2)]
        for client in clients:
            client.sendall(request_bytes())
        wait_until(lambda: provider.statistics.queued == 1)
    for client in clients:
        client.close()
    written = [msgspec.json.decode(line, type=Attempt) for line in file.read_bytes().splitlines()]
    assert [(attempt.outcome, attempt.end_s) for attempt in written] == [("open", None)] * 2
    queued, served = sorted(written, key=lambda attempt: attempt.fault is not None)
    assert (queued.fault, served.fault) == (None, "hang")
    assert queued.queued_s > 0

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.errors import RunDirectoryError
from harness.records import Event
from harness.run_directory import JsonlWriter, RunDirectory, RunInfo, read_jsonl, write_whole
from harness.run_naming import make_run_directory, slug
from harness.settings import RunSettings

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def events(count: int) -> list[Event]:
    return [Event(at_s=float(n), kind="notice", message="m" * n) for n in range(count)]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    writer = JsonlWriter(tmp_path / "e.jsonl")
    for event in events(5):
        writer.write(event)
    writer.close()
    assert list(read_jsonl(tmp_path / "e.jsonl", Event)) == events(5)


def test_a_torn_last_line_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    writer = JsonlWriter(path)
    for event in events(3):
        writer.write(event)
    writer.close()
    path.write_bytes(path.read_bytes()[:-9])
    assert list(read_jsonl(path, Event)) == events(2)


def test_a_missing_stream_is_empty(tmp_path: Path) -> None:
    assert list(read_jsonl(tmp_path / "none.jsonl", Event)) == []


def test_threads_do_not_tear_each_others_lines(tmp_path: Path) -> None:
    writer = JsonlWriter(tmp_path / "e.jsonl", flush_s=0)
    threads = [threading.Thread(target=lambda: [writer.write(e) for e in events(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert len(list(read_jsonl(tmp_path / "e.jsonl", Event))) == 400


def test_a_full_disk_loses_records_and_says_so_but_does_not_raise() -> None:
    writer = JsonlWriter(Path("/dev/full"), flush_s=0)
    writer.write(events(2)[1])
    assert writer.error is not None
    assert writer.lost_count == 1
    writer.close()


def test_secrets_do_not_reach_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "topsecretvalue")
    writer = JsonlWriter(tmp_path / "e.jsonl")
    writer.write(Event(at_s=0, kind="notice", message="key topsecretvalue used"))
    writer.close()
    assert "topsecretvalue" not in (tmp_path / "e.jsonl").read_text()


def test_run_info_is_read_back(tmp_path: Path) -> None:
    info = RunInfo(settings=RunSettings(name="n", target="t.py:c"), started_wall="2026", started_s=1.0)
    run = RunDirectory.create(tmp_path / "r")
    run.write_info(info)
    assert RunDirectory.open(run.path).read_info() == info


def test_a_directory_with_a_run_in_it_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(RunDirectoryError, match="already holds a run"):
        RunDirectory.create(tmp_path)


def test_an_unwritable_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match=r"cannot be written.*--out"):
        RunDirectory.create(tmp_path / "file" / "run")


def test_opening_no_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match=r"has no run\.json"):
        RunDirectory.open(tmp_path)


def test_a_whole_write_leaves_no_temporary_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_two_runs_in_one_second_get_two_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = make_run_directory("My Chain", out=None, now=NOW)
    second = make_run_directory("My Chain", out=None, now=NOW)
    assert first.path.name == "20260102-030405-my-chain"
    assert second.path.name == "20260102-030405-my-chain-2"
    assert (tmp_path / "runs" / "latest").resolve() == second.path.resolve()


def test_names_become_safe_file_names() -> None:
    assert slug("../../etc/passwd") == "etc-passwd"
    assert slug("∆") == "run"

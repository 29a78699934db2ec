from __future__ import annotations

import io
from pathlib import Path

import msgspec
from rich.console import Console

from harness.progress import LineView, LiveView, RunFollower, Tail, describe
from harness.records import Event, Progress
from harness.run_directory import RunDirectory

READING = Progress(
    at_s=1.0, step=1, step_count=3, users=5, remaining_s=12.0, in_flight=5, throughput_per_s=24.5, p50_s=0.2,
    p95_s=0.25, ok_count=100, error_count=2, rate_limited_count=7, phase="hold",
)  # fmt: skip


def test_a_reading_is_one_line_of_words() -> None:
    assert describe(READING) == (
        "5 users · 24.5/s · p50 200 ms · p95 250 ms · 5 in flight · 2 errors · 7 429s · 12 s left"
    )


def test_missing_values_are_left_out_not_zero() -> None:
    bare = msgspec.structs.replace(
        READING, throughput_per_s=None, p50_s=None, p95_s=None, rate_limited_count=None
    )
    assert describe(bare) == "5 users · no answer yet · 5 in flight · 2 errors · 12 s left"


def test_an_added_step_says_why_and_that_the_time_left_is_a_bound() -> None:
    added = msgspec.structs.replace(
        READING, users=18, purpose="refinement", note="interval 16–22", is_open_ended=True
    )
    words = describe(added)
    assert words.startswith("refining: 18 users · interval 16–22 · 24.5/s")
    assert words.endswith("at most 12 s left")


def test_the_live_ladder_grows_by_the_steps_that_are_added() -> None:
    view = LiveView(Console(file=io.StringIO(), width=200, force_terminal=True), (1, 5))
    view.show(msgspec.structs.replace(READING, step=2, users=3))
    view.show(msgspec.structs.replace(READING, step=3, users=4))
    view.close()
    assert view.steps == [1, 5, 3, 4]


def test_a_tail_waits_for_the_end_of_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    line = msgspec.json.encode(READING) + b"\n"
    tail = Tail(path, Progress)
    assert tail.read() == []
    path.write_bytes(line + line[:20])
    assert tail.read() == [READING]
    with path.open("ab") as file:
        file.write(line[20:])
    assert tail.read() == [READING]


def test_a_log_gets_a_line_a_step_and_every_few_seconds() -> None:
    out = io.StringIO()
    view = LineView(Console(file=out, width=200))
    for at_s in (1.0, 2.0, 6.5):
        view.show(msgspec.structs.replace(READING, at_s=at_s))
    view.show(msgspec.structs.replace(READING, at_s=7.0, step=2))
    lines = out.getvalue().splitlines()
    assert [line.split(":")[0] for line in lines] == ["step 2 of 3", "step 2 of 3", "step 3 of 3"]


def test_a_failure_and_the_end_are_kept(tmp_path: Path) -> None:
    events = [
        Event(at_s=0, kind="failed", message="the mock died", data={"exit_code": 4}),
        Event(at_s=1, kind="run_ended", data={"completed": False}),
    ]
    (tmp_path / "events.jsonl").write_bytes(b"".join(msgspec.json.encode(e) + b"\n" for e in events))
    follower = RunFollower(RunDirectory(tmp_path), LineView(Console(file=io.StringIO())))
    follower.update()
    assert follower.failure == events[0]
    assert not follower.completed

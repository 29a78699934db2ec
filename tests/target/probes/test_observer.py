"""The observer's thread: how often it looks, and what it writes unread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from conftest import Bench

from harness.redaction import REDACTED
from harness.run_directory import JsonlWriter
from harness.target.frames import FrameReader
from harness.target.probes.late_stacks import LateStacksProbe, Look
from harness.target.probes.observer import COUNTED_TICK_S, IDLE_TICK_S, TICK_S, Observer


def test_it_looks_less_often_where_its_looks_add_nothing(tmp_path: Path) -> None:
    idle = True
    writer = JsonlWriter(tmp_path / "probes.jsonl")
    observer = Observer(writer, is_idle=lambda: idle)
    assert observer._choose_pause() == IDLE_TICK_S
    idle = False
    assert observer._choose_pause() == TICK_S
    observer.is_counted_elsewhere = True
    assert observer._choose_pause() == COUNTED_TICK_S
    writer.close()


def test_a_loop_that_stops_computing_is_looked_at_often_again(bench: Bench) -> None:
    observer, seen = bench.probes.context.observer, []

    async def turn_until(is_counted_elsewhere: bool, work: Callable[[], object]) -> None:
        """A processor that others use too makes each single look doubtful, so it has many."""
        until_s = time.monotonic() + 30.0
        while observer.is_counted_elsewhere is not is_counted_elsewhere and time.monotonic() < until_s:
            work()
            await asyncio.sleep(0)
        seen.append(observer.is_counted_elsewhere)

    async def work() -> None:
        await turn_until(True, lambda: sum(range(1000)))
        await turn_until(False, lambda: time.sleep(0.06))

    bench.run(work)
    assert seen == [True, False]


def test_a_thread_that_got_no_processor_is_not_taken_for_a_blocked_one() -> None:
    computes = LateStacksProbe()._computes
    before, watch = Look(1.0, 5.0, starved_s=2.0, starved_at_s=1.0), _watch(starved_s=2.018)
    assert computes(watch, before, Look(1.02, 5.001)) is True
    assert computes(_watch(starved_s=2.001), before, Look(1.02, 5.001)) is False
    assert computes(_watch(starved_s=None), before, Look(1.02, 5.001)) is False
    before = Look(
        1.0, 5.0, starved_s=1.0, starved_at_s=0.5
    )  # read long ago: of all that, which was in between?
    assert computes(watch, before, Look(1.02, 5.001)) is None
    assert computes(watch, before, Look(1.02, 5.019)) is True


def test_lines_of_a_stack_hold_no_secrets(tmp_path: Path) -> None:
    source = tmp_path / "chain.py"
    source.write_text('key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123"\n')
    code = compile(source.read_text(), str(source), "exec")
    assert FrameReader().read(code, 1).code == f'key = "{REDACTED}"'


def _watch(*, starved_s: float | None) -> Any:
    return SimpleNamespace(read_starved_s=lambda: starved_s)

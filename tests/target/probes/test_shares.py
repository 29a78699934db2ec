"""Which share of the invocations is recorded: less where recording would take the chain's own processor."""

from __future__ import annotations

import asyncio
import time

import pytest
from conftest import Bench

from harness.probe_records import Trace
from harness.target.probes.recorder import (
    BUSY_STEPS_PER_S,
    BUSY_TRACES_PER_S,
    STEPS_PER_S,
    TRACES_PER_S,
    Shares,
)

RATE_PER_S = 500


def count_recorded(*, is_busy: bool) -> tuple[float, float]:
    """Traces a second, and those with steps, in the last of three seconds of a steady rate."""
    shares = Shares(1)
    taken = [shares.take(100.0 + n / RATE_PER_S, is_busy=is_busy) for n in range(30 * RATE_PER_S)]
    late = taken[2 * RATE_PER_S :]
    return sum(share > 0 for share, _ in late) / 28, sum(steps > 0 for _, steps in late) / 28


@pytest.mark.parametrize(
    ("is_busy", "traces_per_s", "steps_per_s"),
    [(False, TRACES_PER_S, STEPS_PER_S), (True, BUSY_TRACES_PER_S, BUSY_STEPS_PER_S)],
)
def test_so_many_a_second_are_recorded(is_busy: bool, traces_per_s: int, steps_per_s: int) -> None:
    traces, steps = count_recorded(is_busy=is_busy)
    assert traces == pytest.approx(traces_per_s, rel=0.15)
    assert steps == pytest.approx(steps_per_s, rel=0.2)


def test_few_are_recorded_all() -> None:
    shares = Shares(1)
    assert {shares.take(100.0 + n / 5, is_busy=True) for n in range(20)} == {(1.0, 1.0)}


def test_a_share_says_how_many_it_stands_for() -> None:
    shares = Shares(1)
    taken = [shares.take(100.0 + n / RATE_PER_S)[0] for n in range(10 * RATE_PER_S)]
    assert sum(1 / share for share in taken if share) == pytest.approx(len(taken), rel=0.15)


def test_a_loop_that_computes_is_known_to_be_busy(bench: Bench) -> None:
    async def compute() -> None:
        until_s = time.monotonic() + 0.1
        while time.monotonic() < until_s:
            sum(range(1000))
        await asyncio.sleep(0)

    async def main() -> float:
        for _ in range(15):
            await bench.invoke(compute)
        return bench.probes.recorder.busy_ratio

    assert asyncio.run(main()) > 0.6
    assert bench.records(Trace)


def test_a_loop_that_waits_is_not(bench: Bench) -> None:
    bench.run(lambda: asyncio.sleep(0.5))
    assert bench.probes.recorder.busy_ratio < 0.6

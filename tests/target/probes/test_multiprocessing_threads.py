"""Pools of threads of ``multiprocessing.pool``."""

from __future__ import annotations

import asyncio
import time
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest
from conftest import Bench, length


def weigh(parcel: int, extra: int = 0) -> int:
    time.sleep(0.1)
    return parcel + extra


async def submit(pool: ThreadPool, parcel: int) -> int:
    """Hands over without a thread that waits."""
    loop, answer = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
    pool.apply_async(
        weigh,
        (parcel,),
        {"extra": 1},
        callback=lambda kilos: loop.call_soon_threadsafe(answer.set_result, kilos),
    )
    kilos: int = await answer
    return kilos


def test_a_full_pool_shows_who_waits_and_who_holds(bench: Bench) -> None:
    with ThreadPool(2) as pool:
        assert bench.run(lambda: submit(pool, 1), users=16) == [2] * 16
        gauges = bench.gauges("executor:site")
    waits, runs = bench.spans("executor_wait", "executor:site"), bench.spans("thread_run", "executor:site")
    assert len(runs) == 16
    assert sum(length(wait) > 0.05 for wait in waits) >= 14
    assert {bench.function_at(run.site) for run in runs} == {"weigh"}
    assert any(bench.code_at(run.site) == "time.sleep(0.1)" for run in runs)
    fullest = max(gauges, key=lambda gauge: gauge.waiting or 0)
    assert (fullest.capacity, fullest.in_use) == (2, 2)
    assert 0 < (fullest.waiting or 0) <= 14
    assert bench.code_at(gauges[0].site) == "with ThreadPool(2) as pool:"


@pytest.mark.parametrize(
    ("way", "answer"),
    [
        (lambda pool: pool.map(weigh, range(3), chunksize=1), [0, 1, 2]),
        (lambda pool: pool.starmap(weigh, [(1, 2), (3, 4)], chunksize=1), [3, 7]),
        (lambda pool: list(pool.imap(weigh, range(3))), [0, 1, 2]),
        (lambda pool: sorted(pool.imap_unordered(weigh, range(2))), [0, 1]),
        (lambda pool: [pool.apply(weigh, (5,))], [5]),
    ],
)
def test_every_way_to_submit_is_followed(bench: Bench, way: Any, answer: list[int]) -> None:
    with ThreadPool(2) as pool:

        async def work() -> Any:
            return await asyncio.to_thread(way, pool)

        assert bench.run(work) == [answer]
    runs = bench.spans("thread_run", "executor:site")
    assert len(runs) == len(answer)
    assert {bench.function_at(run.site) for run in runs} == {"weigh"}


def test_a_pool_made_for_an_invocation_is_no_work_of_its(bench: Bench) -> None:
    async def work() -> list[int]:
        with ThreadPool(2) as pool:
            return await asyncio.to_thread(pool.map, weigh, [1, 2])

    assert bench.run(work) == [[1, 2]]
    assert len(bench.spans("thread_run", "executor:site")) == 2
    assert bench.spans("thread_run", "thread") == []


def test_a_closed_pool_still_says_so(bench: Bench) -> None:
    pool = ThreadPool(1)
    pool.close()

    async def work() -> None:
        await submit(pool, 1)

    (error,) = bench.run(work)
    assert isinstance(error, ValueError)
    assert bench.spans("executor_wait", "executor:site") == []
    pool.join()


def test_probes_are_taken_out_while_work_waits(bench: Bench) -> None:
    with ThreadPool(1) as pool:

        async def work() -> list[int]:
            running = [asyncio.ensure_future(submit(pool, number)) for number in range(3)]
            await asyncio.sleep(0.05)
            bench.probes.uninstall()
            return await asyncio.gather(*running)

        assert bench.run(work) == [[1, 2, 3]]
        assert pool.apply(weigh, (1,)) == 1

"""Semaphores, locks and queues of asyncio: who waited, where, for whom."""

from __future__ import annotations

import asyncio

import anyio
from conftest import Bench, length


def test_a_semaphore_shows_waits_permits_and_holds(bench: Bench) -> None:
    limit = asyncio.Semaphore(2)

    async def work() -> None:
        async with limit:
            await asyncio.sleep(0.05)

    bench.run(work, users=8)
    waits = bench.spans("lock_wait", "semaphore:")
    assert len(waits) == 6
    assert bench.code_at(waits[0].site) == "async with limit:"
    holds = bench.spans("hold", waits[0].resource)
    assert len(holds) == 8
    assert max(map(length, waits)) > 2 * min(map(length, holds)) * 0.9
    gauge = bench.gauges("semaphore:")[-1]
    assert (gauge.capacity, gauge.served) == (2, 8)
    assert "asyncio.Semaphore(2)" in bench.code_at(gauge.site)
    assert gauge.held_s is not None and gauge.held_s >= sum(map(length, holds)) * 0.9


def test_a_lock_without_waits_shows_none(bench: Bench) -> None:
    lock = asyncio.Lock()

    async def work() -> None:
        async with lock:
            await asyncio.sleep(0.01)

    bench.run(work, users=1)
    assert bench.spans("lock_wait") == []
    assert len(bench.spans("hold", "lock:")) == 1


def test_a_wait_that_is_cancelled_ends(bench: Bench) -> None:
    lock = asyncio.Lock()

    async def work() -> None:
        await lock.acquire()
        try:
            await asyncio.wait_for(lock.acquire(), 0.05)
        except TimeoutError:
            lock.release()

    bench.run(work)
    (wait,) = bench.spans("lock_wait", "lock:")
    assert wait.end_s is not None


def test_locks_of_libraries_are_their_own_affair(bench: Bench) -> None:
    from httpx import AsyncClient, MockTransport, Response

    async def work() -> None:
        async with AsyncClient(transport=MockTransport(lambda request: Response(200))) as client:
            await client.get("http://127.0.0.1/")

    bench.run(work, users=3)
    assert bench.spans("lock_wait") == []


def test_a_single_consumer_shows_as_waits_for_its_queue(bench: Bench) -> None:
    async def work() -> None:
        await answers.get()

    answers: asyncio.Queue[int] = asyncio.Queue()

    async def main() -> None:
        waiting = [asyncio.create_task(bench.invoke(work)) for _ in range(3)]
        for number in range(3):
            await asyncio.sleep(0.02)
            answers.put_nowait(number)
        await asyncio.gather(*waiting)

    asyncio.run(main())
    waits = bench.spans("lock_wait", "queue:")
    assert len(waits) == 3
    assert bench.code_at(waits[0].site) == "await answers.get()"


def test_uninstall_restores_the_classes(bench: Bench) -> None:
    assert asyncio.Semaphore.acquire.__module__ == "asyncio.locks"
    wrapped = asyncio.Semaphore.acquire
    bench.probes.uninstall()
    assert asyncio.Semaphore.acquire is not wrapped
    assert not hasattr(asyncio.Semaphore.acquire, "__wrapped__")


def test_what_an_invocation_makes_for_its_own_work_is_no_resource(bench: Bench) -> None:
    async def part(gate: asyncio.Semaphore, lock: asyncio.Lock) -> None:
        async with gate, lock:
            await asyncio.sleep(0.02)

    async def work() -> None:
        gate, lock = asyncio.Semaphore(2), asyncio.Lock()
        await asyncio.gather(*(part(gate, lock) for _ in range(4)))

    bench.run(work, users=3)
    assert bench.spans("lock_wait") == bench.spans("hold") == []


def test_streams_of_anyio_are_queues(bench: Bench) -> None:
    async def main() -> None:
        wire, paper = anyio.create_memory_object_stream[int](0)

        async def printer() -> None:
            async with paper:
                async for _ in paper:
                    await asyncio.sleep(0.02)

        async def work() -> None:
            await wire.send(1)

        async with anyio.create_task_group() as group:
            group.start_soon(printer)
            await asyncio.gather(*(bench.invoke(work) for _ in range(4)))
            wire.close()

    asyncio.run(main())
    waits = bench.spans("lock_wait")
    assert len(waits) >= 3  # the first may come before the printer waits
    assert {bench.code_at(wait.site) for wait in waits} == {"await wire.send(1)"}
    assert {wait.resource.partition(":")[0] for wait in waits} == {"queue"}


def test_both_ends_of_a_stream_of_anyio_are_one_queue(bench: Bench) -> None:
    async def work() -> list[int]:
        wire, paper = anyio.create_memory_object_stream[int](0)

        async def write() -> None:
            async with wire:
                for number in range(3):
                    await asyncio.sleep(0.01)
                    await wire.send(number)

        async with anyio.create_task_group() as group, paper:
            group.start_soon(write)
            return [number async for number in paper]

    assert bench.run(work) == [[0, 1, 2]]
    waits = bench.spans("lock_wait")
    assert waits
    assert len({wait.resource for wait in waits}) == 1
    assert bench.code_at(waits[0].site) == "return [number async for number in paper]"


def test_an_event_of_anyio_is_waited_for(bench: Bench) -> None:
    async def main() -> None:
        told = anyio.Event()

        async def work() -> None:
            await told.wait()

        waiting = asyncio.create_task(bench.invoke(work))
        await asyncio.sleep(0.05)
        told.set()
        await waiting

    asyncio.run(main())
    (wait,) = bench.spans("lock_wait", "event:")
    assert bench.code_at(wait.site) == "await told.wait()"


def test_arguments_may_be_named(bench: Bench) -> None:
    async def work() -> list[int]:
        answers: asyncio.Queue[int] = asyncio.Queue()
        await answers.put(item=1)
        await answers.put(item=3)
        wire, paper = anyio.create_memory_object_stream[int](1)
        limiter, borrower = anyio.CapacityLimiter(1), object()
        await limiter.acquire_on_behalf_of(borrower=borrower)
        limiter.release_on_behalf_of(borrower=borrower)
        async with wire, paper:
            await wire.send(item=2)
            return [await answers.get(), await paper.receive()]

    assert bench.run(work) == [[1, 2]]

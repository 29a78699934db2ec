"""Work in threads: waits for a thread, whose code has it, locks between threads."""

from __future__ import annotations

import asyncio
import fcntl
import functools
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio.to_thread
import pytest
from conftest import Bench, length

from harness.probe_records import ThreadStack
from harness.target.probes.lock_names import lock_on


def stock_level() -> int:
    time.sleep(0.1)
    return 5


def test_a_full_pool_shows_who_waits_and_who_holds(bench: Bench) -> None:
    with ThreadPoolExecutor(2, thread_name_prefix="stock") as pool:

        async def work() -> int:
            return await asyncio.get_running_loop().run_in_executor(pool, functools.partial(stock_level))

        assert bench.run(work, users=6) == [5] * 6
    waits, runs = bench.spans("executor_wait", "executor:stock"), bench.spans("thread_run", "executor:stock")
    assert len(runs) == 6
    assert sum(length(wait) > 0.05 for wait in waits) >= 4
    assert {bench.function_at(run.site) for run in runs} == {"stock_level"}
    assert any(bench.code_at(run.site) == "time.sleep(0.1)" for run in runs)
    assert all(run.cpu_s is not None and run.cpu_s < length(run) / 2 for run in runs)
    gauge = bench.gauges("executor:stock")[0]
    assert (gauge.capacity, gauge.in_use, gauge.waiting) == (2, 2, 4)


def test_a_pool_with_work_waiting_is_full_also_after_a_backlog(bench: Bench) -> None:
    with ThreadPoolExecutor(2, thread_name_prefix="stock") as pool:

        async def work() -> None:
            loop = asyncio.get_running_loop()
            for _ in range(5):
                await loop.run_in_executor(pool, stock_level)

        bench.run(work, users=6)
    waiting = [gauge for gauge in bench.gauges("executor:stock") if gauge.waiting]
    assert waiting
    assert {gauge.in_use for gauge in waiting} == {2}


def test_the_default_executor_of_another_loop_is_another_pool(bench: Bench) -> None:
    other = asyncio.new_event_loop()
    thread = threading.Thread(target=other.run_forever, daemon=True)
    thread.start()

    async def work() -> int:
        bench.probes.attach_loop()
        bridged = asyncio.run_coroutine_threadsafe(asyncio.to_thread(stock_level), other)
        return await asyncio.to_thread(bridged.result)

    bench.run(work)
    other.call_soon_threadsafe(other.stop)
    thread.join()
    other.run_until_complete(other.shutdown_default_executor())
    other.close()
    runs = bench.spans("thread_run")
    assert sorted(run.resource for run in runs) == ["executor:default", "executor:default:other"]


def test_the_default_executor_has_its_name(bench: Bench) -> None:
    async def work() -> int:
        return await asyncio.to_thread(stock_level)

    bench.run(work)
    assert len(bench.spans("thread_run", "executor:default")) == 1


def test_the_function_behind_a_runnable_is_found(bench: Bench) -> None:
    from langchain_core.runnables import RunnableLambda

    chain = RunnableLambda(lambda value: stock_level())

    async def work() -> int:
        return await chain.ainvoke(1)

    assert bench.run(work) == [5]
    (run,) = bench.spans("thread_run", "executor:default")
    assert bench.function_at(run.site) == "stock_level"  # where it was seen


def test_a_computing_thread_says_so(bench: Bench) -> None:
    async def work() -> None:
        await asyncio.to_thread(burn, 0.1)

    bench.run(work)
    (run,) = bench.spans("thread_run", "executor:default")
    assert run.cpu_s is not None
    assert run.cpu_s > 0.09
    assert not any(
        stack.waits_in for stack in bench.records(ThreadStack) if stack.resource == "executor:default"
    )


def burn(cpu_s: float) -> None:
    began_s = time.thread_time()
    while time.thread_time() - began_s < cpu_s:
        sum(range(100))


class Ledger:
    def __init__(self) -> None:
        self._guard = threading.Lock()

    def read(self) -> None:
        with self._guard:
            time.sleep(0.15)

    def write(self) -> None:
        self._guard.acquire()
        time.sleep(0.15)
        self._guard.release()


def test_a_lock_taken_in_two_methods_is_one(bench: Bench) -> None:
    ledger = Ledger()

    async def work() -> None:
        await asyncio.gather(asyncio.to_thread(ledger.read), asyncio.to_thread(ledger.write))

    bench.run(work, users=3)
    waits = bench.spans("lock_wait", "thread_lock:")
    assert len({wait.site for wait in waits}) == 2
    assert len({wait.resource for wait in waits}) == 1


@pytest.mark.parametrize(
    ("source", "lock"),
    [
        ("        with self._guard:", "self._guard"),
        ("with locks[name] as held:", "locks[name]"),
        ("if not GATE.acquire(timeout=5):", "GATE"),
        ("pool.submit(work)", ""),
    ],
)
def test_a_lock_is_known_by_how_it_is_written(source: str, lock: str) -> None:
    assert lock_on(source) == lock


def test_threads_waiting_for_a_lock_are_seen(bench: Bench) -> None:
    lock = threading.Lock()

    def locked() -> None:
        with lock:
            time.sleep(0.15)

    async def work() -> None:
        await asyncio.to_thread(locked)

    bench.run(work, users=3)
    waits = bench.spans("lock_wait", "thread_lock:")
    assert waits
    assert {bench.code_at(wait.site) for wait in waits} == {"with lock:"}
    seen = {stack.waits_in for stack in bench.records(ThreadStack)}
    assert {"acquire", "sleep"} <= seen


def test_threads_waiting_for_a_file_lock_are_seen(bench: Bench, tmp_path: Path) -> None:
    def locked() -> None:
        with (tmp_path / "counter").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            time.sleep(0.15)

    async def work() -> None:
        await asyncio.to_thread(locked)

    bench.run(work, users=3)
    waits = bench.spans("lock_wait", "file_lock:")
    assert {bench.code_at(wait.site) for wait in waits} == {"fcntl.flock(file, fcntl.LOCK_EX)"}


def test_a_semaphore_of_threads_shows_waits_and_permits(bench: Bench) -> None:
    limit = threading.BoundedSemaphore(1)

    def limited() -> None:
        with limit:
            time.sleep(0.05)

    async def work() -> None:
        await asyncio.to_thread(limited)

    bench.run(work, users=3)
    waits = bench.spans("lock_wait", "thread_semaphore:")
    assert len(waits) == 2
    assert bench.code_at(waits[0].site) == "with limit:"
    assert bench.gauges("thread_semaphore:")[-1].capacity == 1


def test_a_queue_between_threads_shows_its_wait(bench: Bench) -> None:
    answers: queue.Queue[int] = queue.Queue()

    async def work() -> int:
        return await asyncio.to_thread(lambda: answers.get(timeout=5))

    async def main() -> int:
        waiting = asyncio.create_task(bench.invoke(work))
        await asyncio.sleep(0.1)
        answers.put(1)
        return await waiting

    assert asyncio.run(main()) == 1
    (wait,) = bench.spans("lock_wait", "thread_queue:")
    assert length(wait) > 0.05


def test_the_tokens_of_anyio_are_waited_for(bench: Bench) -> None:
    limiter: list[anyio.CapacityLimiter] = []

    async def work() -> int:
        if not limiter:
            limiter.append(anyio.CapacityLimiter(1))
        return await anyio.to_thread.run_sync(stock_level, limiter=limiter[0])

    assert bench.run(work, users=3) == [5] * 3
    waits = bench.spans("executor_wait", "anyio:")
    assert sum(length(wait) > 0.05 for wait in waits) >= 2
    assert len(bench.spans("thread_run", "anyio:")) == 3
    assert bench.spans("lock_wait") == []
    assert bench.gauges("anyio:")[-1].capacity == 1


def test_a_limiter_of_the_users_own_is_a_lock(bench: Bench) -> None:
    async def main() -> None:
        limiter = anyio.CapacityLimiter(1)

        async def work() -> None:
            async with limiter:
                await asyncio.sleep(0.05)

        await asyncio.gather(*(bench.invoke(work) for _ in range(3)))

    asyncio.run(main())
    waits = bench.spans("lock_wait", "limiter:")
    assert sum(length(wait) > 0.02 for wait in waits) >= 2


def test_a_thread_of_its_own_belongs_to_its_invocation(bench: Bench) -> None:
    limit = threading.Semaphore(1)

    def limited() -> None:
        with limit:
            time.sleep(0.3)

    async def work() -> None:
        threads = [threading.Thread(target=limited) for _ in range(2)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            await asyncio.sleep(0.01)

    bench.run(work)
    assert len(bench.spans("thread_run", "thread")) == 2
    assert any(length(wait) > 0.02 for wait in bench.spans("lock_wait", "thread_semaphore:"))


def test_work_without_an_invocation_leaves_no_trace(bench: Bench) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(stock_level).result() == 5
    assert bench.spans("thread_run") == []


def test_uninstall_restores_the_pools(bench: Bench) -> None:
    bench.probes.uninstall()
    assert not hasattr(ThreadPoolExecutor.submit, "__wrapped__")
    assert not hasattr(threading.Semaphore.acquire, "__wrapped__")
    assert threading.Semaphore.__enter__ is threading.Semaphore.acquire

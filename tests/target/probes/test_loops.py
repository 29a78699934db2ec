"""Event loops: busy, late, blocked or computing, and by whom."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest
from conftest import Bench

from harness.probe_records import Anomaly, AwaitStack, LateStack, LoopActivity, ProcessReading, ThreadStack


def test_a_blocking_call_is_named(bench: Bench) -> None:
    async def work() -> None:
        for _ in bench.turns(4):
            time.sleep(0.1)
            await asyncio.sleep(0.001)

    bench.run(work)
    late = [stack for stack in bench.records(LateStack) if stack.waits_in == "sleep"]
    assert late
    assert {bench.code_at(stack.site) for stack in late} == {"time.sleep(0.1)"}
    assert not any(stack.is_computing for stack in late)
    assert late[0].trace_id == f"{1:032x}"
    activity = bench.records(LoopActivity)
    late_s, busy_s = sum(one.late_s for one in activity), sum(one.busy_s for one in activity)
    assert late_s > 0.25
    assert sum(one.cpu_s or 0 for one in activity) < busy_s / 2


def test_a_computing_call_is_named(bench: Bench) -> None:
    async def work() -> None:
        for _ in bench.turns(4):
            burn(0.1)
            await asyncio.sleep(0.001)

    bench.run(work)
    late = bench.records(LateStack)
    assert any(stack.is_computing for stack in late)
    assert share_in_burn(bench) > 0.5


def test_short_stretches_are_counted_too(bench: Bench) -> None:
    async def work() -> None:
        for _ in bench.turns(60):
            burn(0.008)
            await asyncio.sleep(0)

    bench.run(work)
    assert share_in_burn(bench) > 0.5


def share_in_burn(bench: Bench) -> float:
    """Of the loop's samples; how many there are is up to the kernel's clock and to who else computes."""
    samples = [stack for stack in bench.records(ThreadStack) if stack.resource == "loop"]
    mine = sum(s.count for s in samples if s.site >= 0 and bench.function_at(s.site) == "burn")
    return mine / sum(s.count for s in samples)


def burn(cpu_s: float) -> None:
    began_s = time.thread_time()
    while time.thread_time() - began_s < cpu_s:
        sum(range(100))


def test_a_library_that_computes_is_not_the_line_that_awaits_it(bench: Bench) -> None:
    from langchain_core.runnables import RunnableLambda

    chain = RunnableLambda(lambda value: value)

    async def work() -> None:
        until_s = time.thread_time() + 0.3
        while time.thread_time() < until_s:
            await chain.ainvoke(1)

    bench.run(work)
    samples = [stack for stack in bench.records(ThreadStack) if stack.resource == "loop"]
    awaited = sum(s.count for s in samples if s.waits_in == "await" or s.site < 0)
    assert awaited > sum(s.count for s in samples) / 2


def test_an_idle_loop_is_not_busy(bench: Bench) -> None:
    async def work() -> None:
        for _ in bench.turns(1):
            await asyncio.sleep(0.5)

    bench.run(work)
    activity = bench.records(LoopActivity)
    assert activity
    assert sum(one.busy_s for one in activity) < 0.5 * sum(one.end_s - one.start_s for one in activity)


def test_uvloop_is_followed_by_its_heartbeat(bench: Bench) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def work() -> None:
        for _ in bench.turns(3):
            time.sleep(0.12)
            await asyncio.sleep(0.02)

    async def main() -> None:
        bench.probes.attach_loop()
        await asyncio.sleep(0.05)
        await bench.invoke(work)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
    late = [stack for stack in bench.records(LateStack) if stack.waits_in == "sleep"]
    assert {bench.code_at(stack.site) for stack in late} == {"time.sleep(0.12)"}
    assert sum(one.late_s for one in bench.records(LoopActivity)) > 0.2


def test_a_loop_of_its_own_for_one_invocation_is_said(bench: Bench) -> None:
    def own_loop() -> None:
        asyncio.run(asyncio.sleep(0.01))

    async def work() -> None:
        await asyncio.to_thread(own_loop)

    bench.run(work)
    (anomaly,) = [one for one in bench.records(Anomaly) if one.kind == "second_event_loop"]
    assert bench.code_at(anomaly.site) == "asyncio.run(asyncio.sleep(0.01))"


def test_where_tasks_wait_is_counted(bench: Bench) -> None:
    async def work() -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        tasks = [asyncio.create_task(bench.invoke(work)) for _ in range(3)]
        await asyncio.sleep(0.7)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
    stacks = [stack for stack in bench.records(AwaitStack) if stack.waits_in == "future"]
    assert stacks
    assert bench.code_at(stacks[0].site) == "await asyncio.get_running_loop().create_future()"


def test_the_process_is_read(bench: Bench) -> None:
    async def work() -> None:
        await asyncio.sleep(0.6)

    bench.run(work)
    reading = bench.records(ProcessReading)[-1]
    assert reading.cpu_s > 0
    assert reading.rss_bytes is not None
    assert reading.rss_bytes > 1_000_000
    # The last is written at once when the probes are taken out, perhaps before the observer slept again.
    assert any(reading.gil_overshoot_s is not None for reading in bench.records(ProcessReading))


def test_uninstall_gives_selector_and_signal_back(bench: Bench) -> None:
    async def main() -> bool:
        selector = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
        assert "select" in vars(selector)
        bench.probes.uninstall()
        return "select" in vars(selector)

    assert not asyncio.run(main())
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)

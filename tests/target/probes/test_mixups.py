"""Sync and async mixed up, work left behind, sleeps and retries."""

from __future__ import annotations

import asyncio
import gc
import warnings

from conftest import Bench, length

from harness.probe_records import Anomaly


def kinds(bench: Bench) -> dict[str, Anomaly]:
    return {anomaly.kind: anomaly for anomaly in bench.records(Anomaly)}


def test_a_coroutine_that_nobody_awaits_is_said_once_where_it_was_made(bench: Bench) -> None:
    async def answer() -> None: ...

    async def work() -> None:
        for _ in range(2):
            answer()
            gc.collect()

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        bench.run(work)
    assert [str(warning.message).splitlines()[0].endswith("was never awaited") for warning in seen] == [
        True,
        True,
    ]
    assert seen[0].filename == __file__
    said = [one for one in bench.records(Anomaly) if one.kind == "never_awaited"]
    assert bench.code_at(said[-1].site) == "answer()"
    assert said[-1].trace_id == f"{1:032x}"


def test_a_task_left_running_is_said(bench: Bench) -> None:
    async def later() -> None:
        await asyncio.sleep(0.3)

    async def main() -> None:
        kept: list[asyncio.Task[None]] = []

        async def work() -> None:
            kept.append(asyncio.create_task(later()))
            await asyncio.create_task(asyncio.sleep(0.01))

        await bench.invoke(work)
        await kept[0]

    asyncio.run(main())
    left = kinds(bench)["task_left_running"]
    assert "later" in left.message
    assert bench.code_at(left.site) == "kept.append(asyncio.create_task(later()))"


def test_a_lock_of_another_loop_is_named(bench: Bench) -> None:
    event = asyncio.Event()

    async def bind() -> None:
        await asyncio.wait_for(event.wait(), 0.01)

    async def work() -> None:
        await event.wait()

    try:
        asyncio.run(bind())
    except TimeoutError:
        pass
    bench.run(work)
    anomaly = kinds(bench)["different_loop"]
    assert bench.code_at(anomaly.site) == "await event.wait()"


def test_a_pause_between_tries_is_no_plain_sleep(bench: Bench) -> None:
    async def work() -> None:
        for _ in range(2):
            try:
                raise OSError
            except OSError:
                await asyncio.sleep(0.02)
        while length_of(bench) < 1:
            await asyncio.sleep(0.01)
            bench.polls = getattr(bench, "polls", 0) + 1  # type: ignore[attr-defined]

    bench.run(work)
    assert len(bench.spans("backoff")) == 2
    assert {bench.code_at(span.site) for span in bench.spans("sleep")} == {"await asyncio.sleep(0.01)"}


def length_of(bench: Bench) -> int:
    return getattr(bench, "polls", 0)


def test_tenacity_and_the_rate_limiter_are_known(bench: Bench) -> None:
    from langchain_core.rate_limiters import InMemoryRateLimiter
    from tenacity import retry, stop_after_attempt, wait_fixed

    limiter = InMemoryRateLimiter(requests_per_second=20, check_every_n_seconds=0.01, max_bucket_size=1)

    @retry(wait=wait_fixed(0.03), stop=stop_after_attempt(2), reraise=True)
    async def flaky() -> None:
        raise OSError("no")

    async def work() -> None:
        await limiter.aacquire()
        try:
            await flaky()
        except OSError:
            pass

    bench.run(work, users=2)
    pauses = bench.spans("backoff", "retry:tenacity")
    assert len(pauses) == 2
    assert length(pauses[0]) > 0.02
    waits = bench.spans("limiter_wait", "limiter:")
    assert len(waits) == 2
    assert waits[0].detail == "20/s"
    assert "InMemoryRateLimiter(" in bench.code_at(waits[0].site)


def test_asyncio_sleep_stays_a_coroutine_function(bench: Bench) -> None:
    assert asyncio.iscoroutinefunction(asyncio.sleep)
    bench.probes.uninstall()
    assert asyncio.sleep.__module__ == "asyncio.tasks"
    assert not hasattr(asyncio.sleep, "__wrapped__")

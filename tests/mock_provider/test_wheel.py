"""Thousands sleep on one timer: each is woken once, in its millisecond, unless it was cancelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from mock_provider.wheel import EARLY_MS, Wheel


class Sleeper:
    def __init__(self) -> None:
        self.wakes_ms = 0
        self.woken = 0

    def wake(self, then: Callable[[float], None], now_s: float) -> None:
        self.woken += 1
        then(now_s)


class TimedLoop(asyncio.SelectorEventLoop):
    """Counts its timers."""

    timers = 0

    def call_at(self, *args: object, **more: object) -> asyncio.TimerHandle:
        self.timers += 1
        return super().call_at(*args, **more)  # type: ignore[arg-type]


def run(seconds: float, prepare: Callable[[Wheel], None]) -> int:
    """Turn the wheel for a while; the number of timers it took."""
    loop = TimedLoop()
    wheel = Wheel(loop)
    prepare(wheel)
    made = loop.timers
    loop.run_until_complete(asyncio.sleep(seconds))
    wheel.close()
    loop.close()
    return made


def test_sleepers_of_one_millisecond_share_a_timer() -> None:
    due_s = time.monotonic() + 0.5
    sleepers = [Sleeper() for _ in range(1000)]

    def prepare(wheel: Wheel) -> None:
        for sleeper in sleepers:
            wheel.sleep(sleeper, due_s, lambda _: None)

    assert run(0.7, prepare) == 1
    assert {sleeper.woken for sleeper in sleepers} == {1}


def test_sleepers_are_woken_in_the_order_of_their_moments_and_not_a_millisecond_before() -> None:
    start_s = time.monotonic()
    early: list[float] = []
    order: list[int] = []

    def prepare(wheel: Wheel) -> None:
        for place in (3, 1, 2, 0):
            due_s = start_s + place * 0.01

            def then(now_s: float, place: int = place, due_s: float = due_s) -> None:
                order.append(place)
                early.append(due_s - now_s)

            wheel.sleep(Sleeper(), due_s, then)

    run(0.1, prepare)
    assert order == [0, 1, 2, 3]
    assert max(early) <= EARLY_MS / 1000 + 1e-6


@pytest.mark.parametrize("is_same_moment", [True, False])
def test_one_that_is_cancelled_by_another_is_not_woken(is_same_moment: bool) -> None:
    victim = Sleeper()
    due_s = time.monotonic() + 0.01

    def prepare(wheel: Wheel) -> None:
        wheel.sleep(Sleeper(), due_s, lambda _: wheel.cancel(victim))
        wheel.sleep(victim, due_s if is_same_moment else due_s + 0.02, lambda _: None)

    run(0.06, prepare)
    assert victim.woken == 0


def test_one_that_sleeps_again_to_a_moment_gone_by_does_not_stop_the_others() -> None:
    restless, other = Sleeper(), Sleeper()

    def prepare(wheel: Wheel) -> None:
        gone_s = time.monotonic() - 1

        def again(_: float) -> None:
            wheel.sleep(restless, gone_s, again)

        wheel.sleep(restless, gone_s, again)
        wheel.sleep(other, gone_s + 1.01, lambda _: None)

    run(0.05, prepare)
    assert other.woken == 1
    assert restless.woken > 1


def test_cancelled_sleepers_are_not_kept() -> None:
    def prepare(wheel: Wheel) -> None:
        sleepers = [Sleeper() for _ in range(100)]
        for sleeper in sleepers:
            wheel.sleep(sleeper, time.monotonic() + 3600, lambda _: None)
        for sleeper in sleepers:
            wheel.cancel(sleeper)
        assert not wheel._slots

    run(0.0, prepare)

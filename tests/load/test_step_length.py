from __future__ import annotations

import random
from typing import Any

from harness.load.step_length import StepLength
from harness.records import Sample, SampleOutcome
from harness.step_orders import StepOrder

START_S = 1000.0


def order(users: int, **lengths: float | None) -> StepOrder:
    fields: dict[str, Any] = {"hold_least_s": 5.0, "hold_most_s": 30.0, **lengths}
    return StepOrder(users=users, hold_s=10.0, **fields)


def answer(user: int, start_s: float, end_s: float, outcome: SampleOutcome = "ok") -> Sample:
    return Sample(
        trace_id="t",
        step=0,
        user=user,
        sequence=0,
        due_s=start_s,
        start_s=start_s,
        end_s=end_s,
        outcome=outcome,
    )


def end_of(
    users: int, response_s: float, spread: float = 0.0, slow_after_s: float = 1e9, **lengths: float | None
) -> float:
    """When a step of users who ask again at once ends, in seconds of the step."""
    rng = random.Random(1)
    length = StepLength(order(users, **lengths), START_S)
    pending = []
    for user in range(users):
        now_s = 0.0
        while now_s < 60:
            wait_s = max(rng.gauss(response_s, spread * response_s), 0.001) * (
                3 if now_s > slow_after_s else 1
            )
            pending.append(answer(user, START_S + now_s, START_S + now_s + wait_s))
            now_s += wait_s
    pending.sort(key=lambda sample: sample.end_s or 0.0)
    at_s = 0.0
    while not length.is_over(START_S + at_s):
        at_s += 0.05
        while pending and (pending[0].end_s or 0.0) <= START_S + at_s:
            length.take(pending.pop(0))
    return at_s


def test_a_step_of_a_fixed_length_lasts_just_that() -> None:
    assert 10.0 <= end_of(5, 0.1, hold_least_s=None, hold_most_s=None) < 10.1


def test_a_step_that_has_said_enough_ends_early() -> None:
    assert end_of(5, 0.1) < 6.0


def test_users_in_lock_step_are_no_reason_to_go_on() -> None:
    assert end_of(20, 0.5) < 8.0


def test_few_answers_make_a_step_go_on_to_its_longest() -> None:
    assert end_of(1, 2.0, spread=0.5) >= 30.0


def test_enough_answers_end_a_step_in_time_though_they_vary() -> None:
    assert 10.0 <= end_of(20, 0.5, spread=2.0) < 12.0


def test_throughput_that_falls_keeps_a_step_from_ending_early() -> None:
    assert end_of(5, 0.1, slow_after_s=3.0) > 6.0


def test_without_any_answer_a_step_ends_in_time() -> None:
    length = StepLength(order(5), START_S)
    length.take(answer(0, START_S + 1, START_S + 2, "error"))
    assert not length.is_over(START_S + 9.9)
    assert length.is_over(START_S + 10.0)


def test_what_began_before_the_step_does_not_count() -> None:
    length = StepLength(order(1), START_S)
    for at_s in range(200):
        length.take(answer(0, START_S - 1, START_S + at_s / 40))
    assert not length.is_over(START_S + 6.0)

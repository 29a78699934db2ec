from __future__ import annotations

from typing import Any

import pytest

from harness.load.advisor import AdvisorError
from harness.load.refined_ladder import LONGEST_S, SHORTEST_S, RefinedLadder
from harness.settings import RunSettings
from harness.step_orders import Advice, StepOrder


class Runner:
    """Runs what a source says, on a clock of its own."""

    def __init__(self, advices: list[Advice | AdvisorError], **settings: Any) -> None:
        self.now_s = 100.0
        self.advices = advices
        self.notices: list[str] = []
        self.source = RefinedLadder(
            RunSettings(name="n", target="t", **settings),
            ask=self.ask,
            notice=self.notices.append,
            clock=lambda: self.now_s,
        )

    def ask(self) -> Advice:
        advice = self.advices.pop(0) if self.advices else Advice(users=7)
        if isinstance(advice, AdvisorError):
            raise advice
        return advice

    def run(self, *, drain_s: float = 0.5) -> list[StepOrder]:
        orders = []
        while (order := self.source.next_order()) is not None:
            orders.append(order)
            self.now_s += order.hold_s + drain_s
        return orders


def test_without_time_for_more_the_ladder_is_all_there_is() -> None:
    runner = Runner([], steps=(1, 5, 20), hold_s=3.0)
    assert runner.run() == [StepOrder(users=users, hold_s=3.0) for users in (1, 5, 20)]
    assert (runner.source.later_count, runner.source.later_s) == (0, 0.0)


def test_the_ladder_comes_first_and_as_given_however_long_it_takes() -> None:
    orders = Runner([], steps=(1, 5, 20), hold_s=10.0, max_s=15.0).run()
    assert [(order.users, order.hold_s) for order in orders] == [(1, 10.0), (5, 10.0), (20, 10.0)]


def test_steps_are_added_until_another_one_brings_little() -> None:
    advices: list[Advice | AdvisorError] = [
        Advice(users=9, note="interval 5–18"),
        Advice(users=12, purpose="evidence"),
        Advice(users=None),
    ]
    added = Runner(advices, steps=(1, 5), hold_s=2.0, max_s=60.0).run()[2:]
    assert [(order.users, order.purpose, order.note, order.hold_s) for order in added] == [
        (9, "refinement", "interval 5–18", 2.0),
        (12, "evidence", None, 2.0),
    ]


def test_steps_are_added_only_while_there_is_time() -> None:
    runner = Runner([], steps=(1, 5), hold_s=5.0, max_s=30.0)
    runner.run()
    assert runner.now_s <= 130.5


def test_a_step_that_was_given_no_length_ends_early_or_late() -> None:
    first, second, *_ = Runner([], steps=(1, 5), max_s=75.0, adapts_hold=True).run()
    assert (first.hold_s, first.hold_least_s, first.hold_most_s) == (10.0, SHORTEST_S, 25.0)
    assert second.hold_most_s is not None and 10 <= second.hold_most_s < 40


def test_without_a_limit_of_time_a_step_goes_on_for_a_minute_at_most() -> None:
    (only,) = Runner([], steps=(1,), adapts_hold=True).run()
    assert only.hold_most_s == LONGEST_S


def test_the_last_added_step_fits_into_what_is_left() -> None:
    runner = Runner([], steps=(1, 5), max_s=40.0, adapts_hold=True)
    orders = runner.run()
    assert all(order.hold_s >= SHORTEST_S for order in orders)
    assert runner.now_s <= 140.5


def test_without_advice_the_run_ends_with_the_ladder_and_says_why() -> None:
    runner = Runner([AdvisorError("no answer")], steps=(1, 5), hold_s=2.0, max_s=60.0)
    assert [order.users for order in runner.run()] == [1, 5]
    assert runner.notices == ["no steps were added to narrow the saturation point down: no answer"]


@pytest.mark.parametrize("max_s", [0.0, 60.0])
def test_the_time_left_is_that_of_the_ladder_or_all_there_is(max_s: float) -> None:
    runner = Runner([], steps=(1, 5, 20), hold_s=10.0, max_s=max_s)
    runner.source.next_order()
    assert runner.source.later_s == (50.0 if max_s else 20.0)
    assert runner.source.later_count == 2

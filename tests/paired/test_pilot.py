"""With how many users two versions are compared."""

from __future__ import annotations

from harness.paired.pilot import Reading, choose_users, is_saturated


def readings(*pairs: tuple[int, float | None]) -> list[Reading]:
    return [Reading(users=users, response_s=response_s) for users, response_s in pairs]


def test_it_goes_up_while_users_do_not_wait_for_each_other() -> None:
    assert not is_saturated(readings((1, 0.2)))
    assert not is_saturated(readings((1, 0.2), (5, 0.22)))
    assert is_saturated(readings((1, 0.2), (5, 0.4)))


def test_it_does_not_go_on_where_nothing_is_answered() -> None:
    assert is_saturated(readings((1, None)))
    assert is_saturated(readings((1, 0.2), (5, None)))


def test_many_are_half_as_many_again_as_saturate_it_and_few_half() -> None:
    """Ten at a time, 0.2 s each: 50 answers a second, ten users."""
    assert choose_users(readings((1, 0.2), (5, 0.2), (20, 0.4))) == (5, 15)


def test_what_no_step_saturates_is_compared_at_the_last() -> None:
    assert choose_users(readings((1, 0.2), (5, 0.2), (20, 0.2))) == (5, 20)


def test_few_are_always_fewer() -> None:
    assert choose_users(readings((1, 0.2), (5, 1.0))) == (1, 2)
    assert choose_users(readings((1, None))) == (1, 2)
    assert choose_users(readings((2, None))) == (1, 2)

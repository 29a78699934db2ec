from page_material import make_step, make_steps, make_verdict

from reports.time_table import make_time_table


def test_the_states_of_both_compared_steps_sum_to_a_request() -> None:
    times = make_time_table(make_verdict())
    assert times is not None
    assert times.states == ("lock_wait", "provider", "loop_computing", "unknown")
    assert times.table.columns == ["Mean of traced requests", "1 user", "50 users", "Added"]
    assert times.table.rows[:2] == [
        ["waiting for a lock, semaphore or queue", "0 ms", "900 ms", "+900 ms"],
        ["answered by the provider", "90 ms", "90 ms", "+0 ms"],
    ]
    assert times.table.rows[-1] == ["a request", "100 ms", "1.00 s", "+900 ms"]


def test_smaller_states_are_put_together() -> None:
    times = make_time_table(make_verdict(), most=1)
    assert times is not None
    assert [row[0] for row in times.table.rows] == [
        "waiting for a lock, semaphore or queue",
        "all else",
        "a request",
    ]
    assert times.table.rows[1][1:] == ["100 ms", "100 ms", "+0 ms"]


def test_one_traced_step_is_shown_alone() -> None:
    times = make_time_table(make_verdict(steps=make_steps((5,))))
    assert times is not None
    assert times.table.columns == ["Mean of traced requests", "5 users"]


def test_without_traces_there_is_no_table() -> None:
    steps = [make_step(0, 1, states=None, traced_response_s=None)]
    assert make_time_table(make_verdict(steps=steps)) is None

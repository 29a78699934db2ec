from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.probe_records import LateStack, LoopActivity, ThreadStack
from reports.attribution.busy_loop import BusyLoop
from reports.attribution.state import Interval, State
from reports.attribution.timeline import OUTSIDE, RUNNING, Gap, split_timeline


def interval(
    kind: str, start_s: float, end_s: float, *, context: int = 0, parent: int | None = None
) -> Interval:
    state = State("thread" if kind == "thread_run" else kind, 1, f"{kind}:{context}")
    return Interval(kind, start_s, end_s, context, state, parent)


def split(*intervals: Interval, end_s: float = 10.0) -> dict[str, float]:
    seconds, gaps = split_timeline(intervals, start_s=0.0, end_s=end_s)
    found: dict[str, float] = {}
    for state, value_s in seconds.items():
        found[state.kind] = found.get(state.kind, 0.0) + value_s
    for gap in gaps:
        name = "gap" if gap.state is None else f"gap in {gap.state.kind}"
        found[name] = found.get(name, 0.0) + gap.end_s - gap.start_s
    return {name: pytest.approx(value_s) for name, value_s in found.items()}


def test_an_empty_timeline_is_one_gap() -> None:
    assert split() == {"gap": 10}


def test_what_lies_outside_the_invocation_is_cut_off() -> None:
    assert split(interval("provider", -5, 4), interval("backoff", 9, 20)) == {
        "provider": 4,
        "gap": 5,
        "backoff": 1,
    }


def test_parallel_branches_share_the_time() -> None:
    one, two = interval("provider", 0, 8, context=1), interval("lock_wait", 4, 10, context=2)
    assert split(one, two) == {"provider": 6, "lock_wait": 4}


def test_in_one_context_the_innermost_wait_counts() -> None:
    assert split(interval("provider", 0, 10), interval("stream_consumer", 3, 5)) == {
        "provider": 8,
        "stream_consumer": 2,
    }


def test_waits_beat_steps_and_running_threads() -> None:
    spans = (
        interval("step", 0, 10),
        interval("thread_run", 2, 8, context=2),
        interval("lock_wait", 3, 5, context=2),
    )
    assert split(*spans) == {"gap in step": 4, "thread": 4, "lock_wait": 2}


def test_a_thread_that_waits_for_another_is_not_running() -> None:
    outer = interval("thread_run", 0, 10, context=1)
    inner = interval("thread_run", 2, 8, context=2, parent=1)
    seconds, gaps = split_timeline([outer, inner], start_s=0, end_s=10)
    assert seconds == {outer.state: pytest.approx(4), inner.state: pytest.approx(6)} and not gaps


def test_a_consumer_that_holds_the_stream_hides_the_provider_behind_it() -> None:
    spans = interval("provider", 0, 10, context=1), interval("stream_consumer", 2, 6, context=2)
    assert split(*spans) == {"provider": 6, "stream_consumer": 4}


def test_waiting_for_work_of_the_same_invocation_is_that_work() -> None:
    spans = interval("turn", 0, 10, context=1), interval("provider", 2, 8, context=2)
    assert split(*spans) == {"provider": 6, "gap in turn": 4}


def test_a_thread_that_waits_for_its_turn_is_not_running() -> None:
    spans = interval("thread_run", 0, 10, context=1), interval("turn", 3, 10, context=1)
    assert split(*spans) == {"thread": 3, "gap in turn": 7}


def test_having_a_resource_is_no_wait() -> None:
    assert split(interval("hold", 0, 10), interval("connection", 0, 10)) == {"gap": 10}


KINDS = [
    "turn",
    "provider",
    "lock_wait",
    "executor_wait",
    "thread_run",
    "step",
    "hold",
    "stream_consumer",
    "backoff",
]
MOMENTS = st.floats(-2, 12, allow_nan=False)
INTERVALS = st.builds(
    lambda kind, a, b, context, parent: interval(kind, min(a, b), max(a, b), context=context, parent=parent),
    st.sampled_from(KINDS),
    MOMENTS,
    MOMENTS,
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(0, 3)),
)
PERIODS = st.lists(
    st.tuples(st.floats(0, 10), st.floats(0.01, 3), st.floats(0, 4), st.floats(0, 4), st.booleans()),
    max_size=8,
)


@given(st.lists(INTERVALS, max_size=25), PERIODS)
def test_states_sum_to_the_response_time(
    intervals: list[Interval], periods: list[tuple[float, float, float, float, bool]]
) -> None:
    loop = BusyLoop.from_records(
        [
            LoopActivity(start_s=a, end_s=a + n, busy_s=busy, cpu_s=cpu, late_s=busy / 2, longest_s=busy)
            for a, n, busy, cpu, _ in periods
        ],
        [
            LateStack(at_s=a + n / 2, late_s=0.1, site=3, stack=[])
            for a, n, _, _, is_seen in periods
            if is_seen
        ],
    )
    seconds, gaps = split_timeline(intervals, start_s=0.0, end_s=10.0)
    explained = loop.explain(gaps)
    assert sum(seconds.values()) + sum(explained.values()) == pytest.approx(10.0)
    assert all(value_s >= -1e-9 for value_s in [*seconds.values(), *explained.values()])


def activity(at_s: float, *, busy_s: float) -> LoopActivity:
    return LoopActivity(start_s=at_s, end_s=at_s + 1, busy_s=busy_s, cpu_s=busy_s, late_s=0.0, longest_s=0.0)


def late(
    site: int,
    waits_in: str = "sleep",
    *,
    at_s: float = 0.5,
    is_computing: bool = False,
    is_awaited: bool = False,
) -> LateStack:
    return LateStack(
        at_s=at_s,
        late_s=0.1,
        site=site,
        stack=[],
        is_computing=is_computing,
        is_awaited=is_awaited,
        waits_in=waits_in,
    )


def seen(site: int, count: int, waits_in: str = "") -> ThreadStack:
    return ThreadStack(at_s=1.2, resource="loop", site=site, count=count, waits_in=waits_in)


def explain(busy_s: float, late_stacks: list[LateStack], stacks: list[ThreadStack]) -> dict[State, float]:
    loop = BusyLoop.from_records([activity(0, busy_s=busy_s)], late_stacks, stacks)
    return {state: pytest.approx(value) for state, value in loop.explain([Gap(0, busy_s, None)]).items()}


def test_an_idle_loop_leaves_a_gap_unknown() -> None:
    loop = BusyLoop.from_records([activity(0, busy_s=0)], [])
    assert loop.explain([Gap(0.2, 0.6, None)]) == {State("unknown"): pytest.approx(0.4)}


def test_a_ready_invocation_waits_for_the_loop_as_long_as_it_is_busy() -> None:
    loop = BusyLoop.from_records([activity(0, busy_s=0.5)], [])
    assert loop.explain([Gap(0.0, 0.7, None)]) == {
        State("loop_computing"): pytest.approx(0.5),
        State("unknown"): pytest.approx(0.2),
    }


def test_inside_a_step_the_busy_loop_gets_its_proportion() -> None:
    loop = BusyLoop.from_records([activity(0, busy_s=0.25)], [])
    step = State("step", 4, "tool:search")
    assert loop.explain([Gap(0.0, 0.8, step)]) == {
        State("loop_computing"): pytest.approx(0.2),
        step: pytest.approx(0.6),
    }


def test_a_loop_that_waits_in_user_code_is_blocked_there() -> None:
    found = explain(0.9, [late(7), late(7, at_s=0.8)], [seen(7, 45, "sleep")])
    assert found == {State("loop_blocked", 7, "sleep"): 0.9}


def test_a_call_that_can_block_seen_in_short_stretches_is_computing() -> None:
    assert explain(0.9, [], [seen(7, 45, "recv")]) == {State("loop_computing"): 0.9}


def test_one_long_stretch_is_a_hiccup() -> None:
    assert explain(0.9, [late(7)], [seen(7, 45, "sleep")]) == {State("loop_computing"): 0.9}


def test_one_stretch_looked_at_twice_is_one() -> None:
    earlier = LateStack(at_s=0.44, late_s=0.04, site=7, stack=[], is_computing=False, waits_in="sleep")
    assert explain(0.9, [earlier, late(7)], [seen(7, 45, "sleep")]) == {State("loop_computing"): 0.9}


def test_a_library_that_is_awaited_does_not_block() -> None:
    stretches = [late(7, "send", at_s=0.1 * n, is_awaited=True) for n in range(5)]
    assert explain(0.9, stretches, [seen(7, 45, "send")]) == {State("loop_computing"): 0.9}


def test_a_thread_kept_from_running_is_not_blocked() -> None:
    stretches = [late(7, "recv", at_s=0.1 * n, is_computing=True) for n in range(5)]
    assert explain(0.9, stretches, [seen(7, 45, "recv")]) == {State("loop_computing"): 0.9}


def test_computing_is_shared_by_where_it_was_seen() -> None:
    found = explain(
        0.8, [late(3), late(3, at_s=0.8)], [seen(7, 10), seen(7, 20, "await"), seen(3, 10, "sleep")]
    )
    assert found == {
        State("loop_computing", 7): 0.2,
        State("loop_computing"): 0.4,
        State("loop_blocked", 3, "sleep"): 0.2,
    }


def test_without_counts_the_long_stretches_tell() -> None:
    assert explain(0.5, [late(7), late(7, at_s=0.8)], []) == {State("loop_blocked", 7, "sleep"): 0.5}


def test_an_invocation_in_its_own_thread_does_not_wait_for_the_loop() -> None:
    loop = BusyLoop.from_records([activity(0, busy_s=1.0)], [])
    assert loop.explain([Gap(0, 0.5, RUNNING)]) == {RUNNING: pytest.approx(0.5)}


def test_without_loop_records_gaps_stay_what_they_are() -> None:
    loop = BusyLoop.from_records([], [])
    assert not loop.is_known and loop.busy_ratio(0, 1) is None
    assert loop.explain([Gap(0, 1, OUTSIDE)]) == {OUTSIDE: pytest.approx(1)}

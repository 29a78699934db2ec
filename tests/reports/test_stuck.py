from typing import Any

from harness.records import Frame, Invocation, StepOpen
from reports.stuck import MOST_GROUPS, group_stuck


def invocation(line: int, **fields: Any) -> Invocation:
    made: dict[str, Any] = {
        "trace_id": "0" * 32, "step": 0, "user": 0, "sequence": 0, "mode": "ainvoke", "start_s": 10.0, "end_s": 12.0,
        "outcome": "hung", "open_steps": [StepOpen(name="tool", kind="tool", start_s=10.0)],
        "stack": [Frame(file="app.py", line=line, function="f")],
    }  # fmt: skip
    return Invocation(**{**made, **fields})


def test_those_that_waited_at_the_same_place_are_one_group() -> None:
    stuck = [invocation(1), invocation(1, step=1, end_s=15.0), invocation(2)]
    first, second = group_stuck(stuck, {0: 5, 1: 20})
    assert (first.count, first.users, first.longest_s) == (2, [5, 20], 5.0)
    assert (second.count, second.stack[0].line) == (1, 2)


def test_hung_ones_come_before_those_cut_off() -> None:
    stuck = [invocation(1, outcome="cancelled"), invocation(1, outcome="cancelled"), invocation(1)]
    assert [group.outcome for group in group_stuck(stuck, {})] == ["hung", "cancelled"]


def test_only_the_most_frequent_places_are_shown() -> None:
    stuck = [invocation(line) for line in range(30)] + [invocation(29)]
    groups = group_stuck(stuck, {0: 5})
    assert len(groups) == MOST_GROUPS
    assert groups[0].stack[0].line == 29


def test_nothing_stuck_makes_no_group() -> None:
    assert group_stuck([], {}) == []

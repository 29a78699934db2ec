"""Limits as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from reports.gate.limits import PARSERS, AtUsers, Limits, parse_limits


def test_every_field_of_limits_can_be_given() -> None:
    assert set(PARSERS) == set(Limits.__struct_fields__)


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        ("min_users", "15", 15.0),
        ("max_p95", "2s@10", (AtUsers(2.0, 10),)),
        ("max_p95", ["500ms@5", "2 s @ 10"], (AtUsers(0.5, 5), AtUsers(2.0, 10))),
        ("min_throughput", "45/s@20", (AtUsers(45.0, 20),)),
        ("max_error_ratio", "1%", (AtUsers(0.01),)),
        ("max_error_ratio", 0.01, (AtUsers(0.01),)),
        ("max_retry_amplification", "1.1@20", (AtUsers(1.1, 20),)),
        ("forbid", "defect", ("defect",)),
        ("max_probe_overhead", "3%", 0.03),
    ],
)
def test_what_is_allowed(name: str, value: Any, parsed: Any) -> None:
    assert parse_limits({name: value}) == ({name: parsed}, [])


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("min_users", "many", "it must be a number"),
        ("min_users", 0, "above 0"),
        ("min_users", True, "it must be a number"),
        ("min_users", "nan", "at least 0"),
        ("max_p95", "2s", "at how many users"),
        ("max_p95", "2s@ten", "a whole number of users"),
        ("max_p95", "soon@10", "give a duration"),
        ("max_p95", ["1s@5", "2s@5"], "given twice"),
        ("max_p95", [], "at least one"),
        ("max_error_ratio", "150%", "between 0 and 1"),
        ("forbid", ["event_loop_blokced"], "did you mean event_loop_blocked?"),
        ("baseline_limits", "yes", "true or false"),
    ],
)
def test_what_is_not_says_what_is(name: str, value: Any, says: str) -> None:
    limits, problems = parse_limits({name: value})
    assert limits == {}
    assert len(problems) == 1
    assert says in problems[0]


def test_all_problems_come_at_once() -> None:
    assert len(parse_limits({"min_users": "many", "max_p95": "2s", "forbid": "x"})[1]) == 3


def test_the_users_that_steps_are_needed_for() -> None:
    parsed, _ = parse_limits({"max_p95": ["1s@5", "2s@20"], "max_error_ratio": "1%", "forbid": "defect"})
    assert Limits(**parsed).users == {5, 20}
    assert not Limits(**parsed).is_empty
    assert Limits(baseline_slack=0.1).is_empty

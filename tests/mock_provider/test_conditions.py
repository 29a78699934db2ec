"""When a rule meets a request: each condition alone, together, and again the same."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from mock_provider.conditions import Condition, Facts, When, is_in_window, next_change_s


def met(when: dict[str, Any], count: int = 100, now_s: float = 0.0, seed: int = 1, **facts: Any) -> list[int]:
    """The ordinals of the requests that meet the rule."""
    condition = Condition(When.model_validate(when), seed=seed, rule="rule")
    given = {"endpoint": "chat.completions", "model": "gpt-4o"} | facts
    return [n for n in range(count) if condition.holds(Facts(ordinal=n, **given), now_s)]


def holds(when: dict[str, Any], now_s: float = 0.0, **facts: Any) -> bool:
    return bool(met(when, 1, now_s, **facts))


def test_without_conditions_every_request_meets_it() -> None:
    assert met({}, 5) == [0, 1, 2, 3, 4]


def test_share_is_met_by_that_share() -> None:
    assert len(met({"share": 0.3}, 10_000)) == pytest.approx(3000, rel=0.05)
    assert met({"share": 0.0}) == []
    assert len(met({"share": 1.0})) == 100


def test_share_is_decided_by_seed_rule_and_ordinal_not_by_order() -> None:
    forward = Condition(When(share=0.5), seed=9, rule="r")
    backward = Condition(When(share=0.5), seed=9, rule="r")
    ordered = [n for n in range(200) if forward.holds(Facts(ordinal=n, endpoint="x"), 0.0)]
    reverse = [n for n in reversed(range(200)) if backward.holds(Facts(ordinal=n, endpoint="x"), 0.0)]
    assert ordered == sorted(reverse)
    assert ordered != met({"share": 0.5}, 200, seed=10)


def test_two_rules_of_the_same_share_meet_different_requests() -> None:
    one, two = Condition(When(share=0.5), seed=1, rule="a"), Condition(When(share=0.5), seed=1, rule="b")
    facts = [Facts(ordinal=n, endpoint="x") for n in range(1000)]
    both = sum(one.holds(f, 0.0) and two.holds(f, 0.0) for f in facts)
    assert both == pytest.approx(250, rel=0.2)


def test_share_by_body_gives_retries_the_same_fate() -> None:
    condition = Condition(When(share=0.5, share_by="body"), seed=1, rule="r")
    fates = [
        {condition.holds(Facts(ordinal=n, endpoint="x", body_hash=body), 0.0) for n in range(5)}
        for body in ("0a1b", "ffee", "1234", "beef")
    ]
    assert all(len(fate) == 1 for fate in fates)


def test_every_nth() -> None:
    assert met({"every": 4}, 12) == [3, 7, 11]


def test_first_n() -> None:
    assert met({"first": 2}, 10) == [0, 1]


def test_every_and_first_count_only_requests_that_pass_the_other_conditions() -> None:
    condition = Condition(When(first=1, endpoint=["embeddings"]), seed=1, rule="r")
    assert not condition.holds(Facts(ordinal=0, endpoint="chat.completions"), 0.0)
    assert condition.holds(Facts(ordinal=1, endpoint="embeddings"), 0.0)
    assert not condition.holds(Facts(ordinal=2, endpoint="embeddings"), 0.0)


def test_time_window() -> None:
    assert [holds({"after_s": 5, "until_s": 8}, t) for t in (4.9, 5, 7.9, 8)] == [False, True, True, False]


def test_ramp_grows_from_nothing_to_the_full_share() -> None:
    ramp = {"share": 0.8, "ramp": {"from_s": 10, "to_s": 20}}
    counts = [len(met(ramp, 5000, t)) for t in (10, 15, 20, 50)]
    assert counts[0] == 0
    assert counts[1] == pytest.approx(2000, rel=0.1)
    assert counts[2] == counts[3] == pytest.approx(4000, rel=0.05)


def test_outage_comes_again_and_again() -> None:
    outage = {"outage": {"every_s": 60, "for_s": 5, "first_s": 10}}
    assert [holds(outage, t) for t in (0, 9.9, 10, 14.9, 15, 70, 75)] == [
        False,
        False,
        True,
        True,
        False,
        True,
        False,
    ]


def test_in_flight_above() -> None:
    assert [holds({"in_flight_above": 10}, in_flight=n) for n in (10, 11)] == [False, True]


def test_retry_count_is_zero_for_clients_that_do_not_say() -> None:
    assert [holds({"retry_count": 0}, retry_count=n) for n in (None, 0, 1)] == [True, True, False]
    assert [holds({"retry_count": [1, 2]}, retry_count=n) for n in (0, 1, 2)] == [False, True, True]


def test_model_is_a_pattern() -> None:
    assert [holds({"model": ["gpt-4*", "o3"]}, model=m) for m in ("gpt-4o", "o3", "gpt-5")] == [
        True,
        True,
        False,
    ]


def test_prompt_is_a_regular_expression() -> None:
    assert [holds({"prompt": r"\bcat\b"}, prompt=p) for p in ("a cat sat", "concatenate")] == [True, False]


def test_header_is_a_pattern_and_a_star_asks_only_that_it_is_there() -> None:
    assert holds({"header": {"X-Team": "red*"}}, headers={"x-team": "reds"})
    assert not holds({"header": {"X-Team": "red*"}}, headers={"x-team": "blue"})
    assert holds({"header": {"x-team": "*"}}, headers={"x-team": ""})
    assert not holds({"header": {"x-team": "*"}}, headers={})


def test_endpoint_and_stream() -> None:
    assert [holds({"endpoint": "embeddings"}, endpoint=e) for e in ("embeddings", "responses")] == [
        True,
        False,
    ]
    assert [holds({"stream": True}, stream=s) for s in (True, False)] == [True, False]


def test_all_conditions_have_to_hold_together() -> None:
    both = {"model": "gpt-4o", "stream": True}
    assert holds(both, stream=True)
    assert not holds(both, stream=False)
    assert not holds(both, stream=True, model="o3")


def test_next_change_names_every_moment_at_which_the_window_turns() -> None:
    when = When.model_validate(
        {"after_s": 3, "until_s": 30, "outage": {"every_s": 10, "for_s": 2, "first_s": 4}}
    )
    moments, now_s = [], 0.0
    while (change_s := next_change_s(when, now_s)) is not None and change_s < 30:
        moments.append((change_s, is_in_window(when, change_s)))
        now_s = change_s
    turns = [moments[0]] + [b for a, b in pairwise(moments) if a[1] != b[1]]
    assert turns == [(3, False), (4, True), (6, False), (14, True), (16, False), (24, True), (26, False)]

"""How rules combine, and what a request may set for itself."""

from __future__ import annotations

import pytest

from mock_provider.answer import Answer
from mock_provider.conditions import Facts
from mock_provider.engine import Engine, apply_rules
from mock_provider.plan import PlanError, load_plan


def engine(*overrides: str) -> Engine:
    return Engine(load_plan(None, overrides), start_s=0.0)


def meet(*faults: str, stream: bool = True, now_s: float = 0.0) -> Answer:
    """A stream, or a plain answer, after the rules that meet it."""
    behaviour = engine(f"faults=[{', '.join(faults)}]").behaviour
    answer = Answer(pieces=[b"a", b"b", b"c"], is_stream=stream, first_s=0.2)
    apply_rules(
        answer, behaviour.find_rules(Facts(ordinal=0, endpoint="chat.completions", stream=stream), now_s)
    )
    return answer


def test_of_rules_that_decide_the_answer_the_first_wins() -> None:
    answer = meet("{kind='status', status=500, name='mine'}", "{kind='hang'}")
    assert (answer.status, answer.ending, answer.fault, answer.rule) == (500, "complete", "status", "mine")


def test_rules_of_timing_add_up_with_each_other_and_with_the_deciding_one() -> None:
    answer = meet("{kind='delay', delay_s=1}", "{kind='status', status=500}", "{kind='delay', delay_s=2}")
    assert (answer.first_s, answer.status, answer.rule) == (3.0, 500, "status.1")
    assert answer.is_decided


def test_timing_alone_is_named_and_decides_nothing() -> None:
    answer = meet("{kind='delay', delay_s=1}", "{kind='slow_tokens', per_token_s=0.1}")
    assert (answer.fault, answer.rule, answer.is_decided) == ("delay", "delay.0", False)


def test_rule_that_does_not_apply_gives_way_to_the_next() -> None:
    faults = ("{kind='status', status=500, when={after_s=10}}", "{kind='status', status=502}")
    assert meet(*faults).status == 502
    assert meet(*faults, now_s=11).status == 500


@pytest.mark.parametrize(("stream", "kind"), [(True, "malformed_event"), (False, "malformed_json")])
def test_faults_of_streams_spare_plain_answers_and_the_reverse(stream: bool, kind: str) -> None:
    assert meet("{kind='malformed_event'}", "{kind='malformed_json'}", stream=stream).fault == kind


def test_request_may_set_latency_faults_and_reply_for_itself() -> None:
    one = engine()
    behaviour = one.steer("latency.mean_s=3; faults=[{kind='hang'}]; reply.reply_text='a; b'")
    assert behaviour.plan.latency.mean_s == 3
    assert behaviour.plan.rule_names == ["hang.0"]
    assert behaviour.script.reply_text == "a; b"
    assert one.behaviour.plan.latency.mean_s == 0.2
    assert one.steer("latency.mean_s=3; faults=[{kind='hang'}]; reply.reply_text='a; b'") is behaviour


@pytest.mark.parametrize("text", ["limits.requests_per_minute=1", "seed=3", "capacity.slots=1"])
def test_what_all_requests_share_cannot_be_set_for_one(text: str) -> None:
    with pytest.raises(PlanError, match="cannot be set for one request"):
        engine().steer(text)


def test_steered_behaviours_do_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_provider.engine.MOST_STEERED", 5)
    one = engine()
    for number in range(50):
        one.steer(f"latency.mean_s={number}")
    assert len(one._steered) <= 5


def test_restart_begins_counting_anew() -> None:
    one = engine("limits.requests_per_minute=1")
    facts = Facts(ordinal=0, endpoint="chat.completions")
    assert [one.limiter.admit(facts, 0.0)[0] is None for _ in range(2)] == [True, False]
    one.restart(0.0)
    assert one.limiter.admit(facts, 0.0)[0] is None

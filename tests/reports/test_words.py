from typing import Any

import msgspec
import pytest
from page_material import make_finding, make_steps, make_verdict

from reports.finding_words import say_no_finding, tell_finding
from reports.verdict import Health, Location
from reports.words import (
    list_health_warnings,
    name_cause,
    say_next_step,
    say_place,
    say_verdict,
    tone_of,
)


@pytest.mark.parametrize(
    ("status", "fields", "sentence"),
    [
        ("saturated", {}, "Saturates at 18 users (95 %: 16–20), 47.8 answers/s."),
        ("saturated", {"interval": None}, "Saturates at 18 users with 47.8 answers/s."),
        (
            "saturated_from_first_step",
            {},
            "Saturated from the first step (1 user): 47.8 answers/s, and more users bring no more.",
        ),
        (
            "not_reached",
            {},
            "Not saturated up to 50 users; saturation lies above 92 users; 480 answers/s measured.",
        ),
        ("not_reached", {"lower_bound_users": None}, "Not saturated up to 50 users; 480 answers/s measured."),
        (
            "undecided",
            {"reason": "too few answers."},
            "Undecided: too few answers; run a step with 150 users next.",
        ),
        ("undecided", {"reason": None, "next_step": None}, "Undecided: the steps measured do not tell."),
    ],
)
def test_the_verdict_is_a_sentence(status: str, fields: dict[str, Any], sentence: str) -> None:
    assert say_verdict(make_verdict(status, **fields)) == sentence


def test_a_limited_load_generator_leaves_no_verdict() -> None:
    finding = make_finding(cause="load_generator_limit", location=None)
    for status in ("saturated", "undecided", "not_reached"):
        said = say_verdict(make_verdict(status, findings=[finding]))
        assert said == "No verdict on the chain: the load generator was the limit."


def test_a_finding_says_how_sure_it_is() -> None:
    told = tell_finding(make_finding())
    assert told.standing == "the limit · 94 % of the added response time · high confidence"
    assert told.proof == "capacity 5 / 102 ms = 49.0 answers/s predicted, 47.8 measured (2.5 % apart)"
    defect = tell_finding(make_finding(role="defect", share_of_growth=None, confidence="low", proof=None))
    assert (defect.label, defect.standing) == ("Defect", "wrong at any load · low confidence")


def test_causes_have_readable_names() -> None:
    assert name_cause("cpu_bound") == "CPU bound"
    assert name_cause("call_never_returns") == "Call never returns"


def test_a_place_is_shown_on_one_line_whatever_its_file_is_called() -> None:
    assert "\n" not in say_place(Location(file="a\nb\x1b[2J.py", line=3, function="f"))
    assert "\x1b" not in say_place(Location(file="a\nb\x1b[2J.py", line=3, function="f"))


def test_without_a_finding_the_reason_depends_on_the_verdict() -> None:
    said = {say_no_finding(make_verdict(s, findings=[])) for s in ("saturated", "not_reached", "undecided")}
    assert len(said) == 3


def test_what_is_wrong_with_the_measurement_is_said() -> None:
    health = Health(load_generator="CPU at 97 %", target="restarted once", notices=["file limit raised"])
    verdict = make_verdict(health=health)
    verdict.run["completed"] = False
    assert list_health_warnings(verdict) == [
        "The run did not complete; this is what was measured.",
        "Load generator: CPU at 97 %",
        "Target: restarted once",
        "file limit raised",
    ]
    assert list_health_warnings(make_verdict()) == []


def test_the_next_step_is_named_only_when_there_is_one() -> None:
    assert say_next_step(make_verdict("undecided")) == "Measure a step with 150 users; it would tell most."
    assert say_next_step(make_verdict("saturated")) is None


def test_a_verdict_without_steps_can_be_said() -> None:
    for status in ("undecided", "not_reached", "saturated_from_first_step"):
        assert say_verdict(make_verdict(status, steps=[], findings=[]))
    assert make_steps(()) == []


def test_a_defect_is_no_good_news_however_many_users_are_carried() -> None:
    assert tone_of(make_verdict("not_reached", findings=[])) == "not_reached"
    (finding,) = make_verdict("saturated").findings[:1]
    defect = msgspec.structs.replace(finding, role="defect")
    assert tone_of(make_verdict("not_reached", findings=[defect])) == "defect"
    assert tone_of(make_verdict("saturated", findings=[finding, defect])) == "saturated"

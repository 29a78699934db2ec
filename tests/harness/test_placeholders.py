from __future__ import annotations

import dataclasses
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from harness.placeholders import Fill, fill_placeholders

FILL = Fill(user=3, sequence=17, canary="cnry0123456789ab")


class Pair(NamedTuple):
    left: str
    right: int


@dataclasses.dataclass(frozen=True)
class Question:
    text: str
    count: int = 1


def test_every_string_is_filled_at_any_depth() -> None:
    value = {"q": ["{user}", ("{sequence}", 1)], "{user}": {"deep": "a {canary} b"}, "n": None}
    assert fill_placeholders(value, FILL) == {
        "q": ["3", ("17", 1)],
        "3": {"deep": "a cnry0123456789ab b"},
        "n": None,
    }


def test_strings_inside_message_objects_are_filled() -> None:
    messages = [HumanMessage("I am {user}"), AIMessage([{"type": "text", "text": "{canary}"}])]
    filled = fill_placeholders({"messages": messages}, FILL)["messages"]
    assert filled[0].content == "I am 3"
    assert filled[1].content == [{"type": "text", "text": "cnry0123456789ab"}]
    assert isinstance(filled[0], HumanMessage)


def test_dataclasses_and_named_tuples_are_filled() -> None:
    assert fill_placeholders(Question("{user}"), FILL) == Question("3")
    assert fill_placeholders(Pair("{sequence}", 2), FILL) == Pair("17", 2)


def test_the_original_is_not_changed() -> None:
    message = HumanMessage("{user}")
    value = {"messages": [message]}
    fill_placeholders(value, FILL)
    assert message.content == "{user}"
    assert value == {"messages": [message]}


def test_other_braces_are_left_alone() -> None:
    text = '{"a": {question} {} {0} {user!r} {{user}}}'
    assert fill_placeholders(text, FILL) == '{"a": {question} {} {0} {user!r} {3}}'


@given(
    st.recursive(st.none() | st.integers() | st.text(alphabet="abc "), lambda s: st.lists(s) | st.tuples(s))
)
def test_values_without_placeholders_come_back_equal(value: object) -> None:
    assert fill_placeholders(value, FILL) == value

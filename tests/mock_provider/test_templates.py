"""Answers in the form the prompt shows with placeholders, whoever's form it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import ask_chat, message_of

FORM = """All interactions have this structure:

## question ##
{question}

## city ##
{city}

## score ##
{score}   # must be a number

## verdict ##
{verdict}   # must be one of: no; yes

## done ##
"""


def answer_to(system: str, user: str, **fields: Any) -> str:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return str(message_of(ask_chat(messages, **fields))["content"])


def test_the_fields_left_open_are_filled_under_their_headings() -> None:
    user = "## question ##\nIs it 7.5 in Rome, yes?\n\nNow `score` (float) and the others"
    answer = answer_to(FORM, user)
    assert answer == "## city ##\nRome\n\n## score ##\n7.5\n\n## verdict ##\nyes\n\n## done ##"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("int", "7"),
        ("list[int]", "[7]"),
        ("bool", "true"),
        ("Literal['a', 'b']", "a"),
        ("dict[str, Any]", "{}"),
        ("str", "sample b"),
    ],
)
def test_types_are_taken_from_what_is_said_of_a_field(said: str, expected: str) -> None:
    form = f"1. `b` ({said}): the answer\n<a>\n{{a}}\n</a>\n<b>\n{{b}}\n</b>"
    assert answer_to(form, "<a>\nOnly 7\n</a>") == f"<b>\n{expected}"


def test_a_schema_beside_a_placeholder_holds() -> None:
    note = 'must adhere to the JSON schema: {"type": "object", "properties": {"n": {"type": "integer"}}}'
    form = f"# a #\n{{a}}\n\n# b #\n{{b}}  {note}\n\n# end #"
    answer = answer_to(form, "# a #\nIt is 7")
    assert json.loads(answer.split("\n")[1]) == {"n": 7}
    assert answer.endswith("# end #")


def test_placeholders_in_an_example_object_are_no_values() -> None:
    form = 'Answer as json: {"thought": "{thought}", "tool": "{tool}  must be one of: stop; go"}'
    assert json.loads(answer_to(form, "Please", response_format={"type": "json_object"})) == {
        "thought": "sample thought",
        "tool": "stop",
    }


@pytest.mark.parametrize("text", ["a\n{b}", "one\n{one}", "{\n{", "x " * 20_000 + "\n{x}"])
def test_other_braces_show_no_form(text: str) -> None:
    assert answer_to("Be kind", text).startswith("The answer follows")

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


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("Return a JSON object with keys 'name' and 'age': Anna is 12", {"name": "Anna", "age": 12}),
        ("Anna is 12. Respond in json with the keys name and age", {"name": "Anna", "age": 12}),
        ("Answer only with JSON", {}),
    ],
)
def test_json_that_is_demanded_in_words_is_given(asked: str, expected: dict[str, Any]) -> None:
    assert json.loads(answer_to("Be kind", asked)) == expected


@pytest.mark.parametrize("asked", ["What is JSON?", "Parse this JSON file", "Give an answer. No JSON."])
def test_json_that_is_only_spoken_of_is_not(asked: str) -> None:
    assert answer_to("Be kind", asked).startswith("The answer follows")


def test_what_explains_a_schema_is_no_value() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    example = {"properties": {"foo": {"type": "array"}}, "required": ["foo"]}
    asked = (
        f"Anna is here. For the schema {json.dumps(example)} the object {json.dumps({'foo': ['bar', 'baz']})} is right."
        f" Here is the output schema: {json.dumps(schema)}"
    )
    assert json.loads(answer_to("Be kind", asked)) == {"name": "Anna"}

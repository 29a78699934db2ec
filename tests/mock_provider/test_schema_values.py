"""Whatever schema is asked for, the value made for it is valid."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_provider.replies.lifting import Lifter
from mock_provider.replies.schema_values import SchemaFiller
from mock_provider.replies.validity import is_valid

PROMPT = 'Anna Berg, 31, lives in Oslo; title: "Blue", count: 7, mail anna@example.org, due 2024-05-06.'
NAMES = st.sampled_from(["name", "age", "city", "title", "count", "email", "query", "tags", "xY_z"])


def fill(schema: Any, prompt: str = PROMPT, optional: str = "all") -> Any:
    return SchemaFiller(schema, Lifter(prompt), optional=optional).fill(schema)  # type: ignore[arg-type]


def check(schema: Any, prompt: str = PROMPT) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    for optional in ("all", "lifted"):
        value = fill(schema, prompt, optional)
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        assert [error.message for error in validator.iter_errors(value)] == []
    return fill(schema, prompt)


def strings() -> st.SearchStrategy[dict[str, Any]]:
    lengths = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(
        lambda pair: {"type": "string", "minLength": min(pair), "maxLength": max(pair)}
    )
    formats = st.sampled_from(
        ["date", "date-time", "time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname"]
    )
    patterns = st.sampled_from(
        [
            r"^[A-Z]{2}\d{3}$",
            r"^\+?\d{7,12}$",
            r"^(red|blue)-[^a-z]$",
            r"^[\w.]+@x\.org$",
            r"^\S{3,}$",
            r"a.b",
            r"^$",
        ]
    )
    return st.one_of(
        st.just({"type": "string"}),
        lengths,
        formats.map(lambda name: {"type": "string", "format": name}),
        patterns.map(lambda pattern: {"type": "string", "pattern": pattern}),
        st.lists(st.text(max_size=5), min_size=1, unique=True).map(lambda values: {"enum": values}),
    )


def numbers() -> st.SearchStrategy[dict[str, Any]]:
    kinds = st.sampled_from(["integer", "number"])
    bounds = st.tuples(kinds, st.integers(-100, 100), st.integers(3, 50), st.booleans()).map(
        lambda drawn: {
            "type": drawn[0],
            ("exclusiveMinimum" if drawn[3] else "minimum"): drawn[1],
            ("exclusiveMaximum" if drawn[3] else "maximum"): drawn[1] + drawn[2],
        }
    )
    steps = st.tuples(kinds, st.integers(1, 9), st.integers(-50, 50)).map(
        lambda drawn: {"type": drawn[0], "multipleOf": drawn[1], "minimum": drawn[2]}
    )
    return st.one_of(kinds.map(lambda kind: {"type": kind}), bounds, steps)


def objects(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    def make(fields: dict[str, Any], required: bool, others: bool) -> dict[str, Any]:
        names = list(fields) if required else list(fields)[:1]
        return {"type": "object", "properties": fields, "required": names, "additionalProperties": others}

    return st.builds(make, st.dictionaries(NAMES, parts, max_size=4), st.booleans(), st.booleans())


def arrays(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(parts, st.integers(0, 3), st.integers(0, 4)).map(
        lambda drawn: {
            "type": "array",
            "items": drawn[0],
            "minItems": drawn[1],
            "maxItems": drawn[1] + drawn[2],
        }
    )


def alternatives(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.lists(parts, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches})


SCALARS = st.one_of(
    strings(), numbers(), st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"const": [1]}])
)
SCHEMAS = st.recursive(
    SCALARS, lambda parts: st.one_of(objects(parts), arrays(parts), alternatives(parts)), max_leaves=12
)


@given(SCHEMAS)
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_value_is_valid_for_any_schema(schema: dict[str, Any]) -> None:
    check(schema)


@given(
    SCHEMAS, st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda v: st.lists(v, max_size=2))
)
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_own_validator_agrees_where_it_says_yes(schema: dict[str, Any], value: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    if is_valid(value, schema, schema):
        jsonschema.Draft202012Validator(schema).validate(value)


def test_references_and_definitions_are_followed() -> None:
    step = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    schema = {
        "$defs": {"Step": step, "Steps": {"type": "array", "items": {"$ref": "#/$defs/Step"}, "minItems": 2}},
        "allOf": [
            {"$ref": "#/$defs/Step"},
            {"properties": {"steps": {"$ref": "#/$defs/Steps"}}, "required": ["steps"]},
        ],
    }
    assert len(check(schema)["steps"]) >= 2


def test_recursive_schemas_end() -> None:
    tree = {
        "type": "object",
        "properties": {
            "value": {"type": "integer"},
            "children": {"type": "array", "items": {"$ref": "#"}},
            "parent": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        },
        "required": ["value", "children", "parent"],
        "additionalProperties": False,
    }
    check(tree)


def test_a_schema_that_requires_itself_ends_too() -> None:
    fill({"type": "object", "properties": {"self": {"$ref": "#"}}, "required": ["self"]})


def test_null_is_chosen_only_when_nothing_else_is_left() -> None:
    assert fill({"type": ["null", "integer"]}, "nothing") == 1
    assert fill({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, "nothing") is True
    assert fill({"type": "null"}) is None


def test_lists_have_as_many_items_as_the_prompt_has_material() -> None:
    person = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
    person["required"] = ["name", "age"]  # type: ignore[assignment]
    people = {
        "type": "object",
        "properties": {"people": {"type": "array", "items": person}},
        "required": ["people"],
    }
    found = check(people, "Jason is 25 years old, Anna is 31 years old")["people"]
    assert found == [{"name": "Jason", "age": 25}, {"name": "Anna", "age": 31}]


def test_defaults_stand_when_the_prompt_is_silent() -> None:
    schema = {"type": "object", "properties": {"limit": {"type": "integer", "default": 10}}}
    assert fill(schema, "anything") == {"limit": 10}
    assert fill(schema, "limit: 3") == {"limit": 3}


def test_enum_values_in_the_prompt_win() -> None:
    assert fill({"enum": ["spam", "fine"]}, "Classify this as fine or not") == "fine"


@pytest.mark.parametrize(
    "schema", [{}, True, {"foo": "bar"}, {"$ref": "#/nowhere"}, {"$ref": "#"}, {"type": "junk"}]
)
def test_a_schema_that_says_nothing_gets_some_value(schema: Any) -> None:
    SchemaFiller({}, Lifter("x"), optional="all").fill(schema)


WIDE = {name: {"$ref": "#"} for name in "abcdefghij"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": WIDE},
        {"type": "object", "properties": WIDE, "required": list(WIDE)},
        {"type": "array", "items": {"type": "string"}, "minItems": 10**9},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 50},
        {"type": "string", "minLength": 10**9},
        {"type": "string", "pattern": "^((a{900}){900}){900}$"},
        {"type": "object", "minProperties": 10**9},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
    ],
)
def test_schemas_that_ask_for_too_much_are_given_up(schema: dict[str, Any]) -> None:
    assert len(repr(fill(schema))) < 3_000_000


def test_long_prompts_are_read_at_both_ends() -> None:
    prompt = "age: 7. " + "filler " * 100_000 + "name: Ann"
    schema = {"type": "object", "properties": {"age": {"type": "integer"}, "name": {"type": "string"}}}
    assert fill(schema, prompt) == {"age": 7, "name": "Ann"}


def test_values_do_not_depend_on_the_order_of_a_set() -> None:
    required = [f"field_{n}" for n in range(50)]
    assert list(fill({"type": "object", "required": required})) == required


def test_a_list_of_anything_is_empty_unless_it_must_not_be() -> None:
    assert fill({"type": "array", "items": {}}) == []
    assert len(fill({"type": "array", "items": {}, "minItems": 2})) == 2


def test_a_list_holds_what_it_must_contain() -> None:
    assert fill({"type": "array", "items": {"type": "string"}, "contains": {"const": "x"}}, "") == ["x"]

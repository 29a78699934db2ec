"""An input for a Runnable nobody gave one for, read off its input schema.  Pure, but for asking the runnable."""

from __future__ import annotations

import inspect
import typing
import warnings
from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import TypeAdapter

TEXT = "Question {sequence} from user {user}: what is 17 times 23? {canary}"
MESSAGES = [{"role": "user", "content": TEXT}]
SESSION = (
    "chainload-{user}-{sequence}"  # a conversation of its own for each invocation: nothing grows by our doing
)
INPUT_NAMES = frozenset(
    [
        *(
            "messages",
            "message",
            "question",
            "query",
            "input",
            "inputs",
            "text",
            "topic",
            "prompt",
            "request",
        ),
        *("task", "content", "user_input", "user_query", "document", "documents", "url", "product", "city"),
    ]
)
MAX_DEPTH = 6


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """An input with placeholders, and the config it needs."""

    input: Any
    config: dict[str, Any] = {}

    @property
    def shown(self) -> str:
        return msgspec.json.encode(self.input).decode()


def guesses(runnable: Any) -> list[Guess]:
    """What it may take, the likeliest first; text where the schema says nothing."""
    schema = schema_of(runnable)
    values = [_input_of(schema)]
    if values == [TEXT] and not schema.get("type"):
        values.append({"input": TEXT})
    elif hasattr(runnable, "builder") and isinstance(
        values[0], dict
    ):  # a graph's state is more than its input
        likely = {name: value for name, value in values[0].items() if name in INPUT_NAMES}
        if likely and likely != values[0]:
            values.insert(0, likely)
    config = _config_of(runnable)
    return [Guess(input=value, config=config) for value in values]


def schema_of(runnable: Any) -> Mapping[str, Any]:
    """The JSON schema of its input; empty when there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic on odd types of the user's state
        try:
            schema = runnable.get_input_jsonschema()
        except Exception:  # a typing.TypedDict before Python 3.12, types without a JSON schema
            schema = _typed_dict_schema(getattr(runnable, "InputType", None))
        if not isinstance(schema, dict) or not _says_something(schema):
            schema = _annotated_schema(runnable)
    properties: dict[str, dict[str, Any]] = schema.get("properties", {})
    is_whole = list(properties) == ["root"]  # LangChain's word for an input that is no dict
    return properties["root"] if is_whole else schema


def _says_something(schema: Mapping[str, Any]) -> bool:
    return any(key in schema for key in ("type", "anyOf", "oneOf", "$ref", "properties", "enum"))


def _annotated_schema(runnable: Any) -> dict[str, Any]:
    """What the first function says that it takes, where LangChain cannot read it (postponed annotations)."""
    while getattr(runnable, "first", None) is not None:
        runnable = runnable.first
    function = getattr(runnable, "afunc", None) or getattr(runnable, "func", None)
    try:
        hints = typing.get_type_hints(function, include_extras=True)
        first = next(iter(inspect.signature(function).parameters))  # type: ignore[arg-type]
    except Exception:  # no function, no parameters, names that lead nowhere
        return {}
    return _field_schema(hints[first]) if first in hints else {}


def _typed_dict_schema(cls: Any) -> dict[str, Any]:
    """The schema of a TypedDict, field by field."""
    if not typing.is_typeddict(cls):
        return {}
    properties = {
        name: _field_schema(kind) for name, kind in typing.get_type_hints(cls, include_extras=True).items()
    }
    return {"type": "object", "properties": properties, "required": sorted(cls.__required_keys__)}


def _field_schema(kind: Any) -> dict[str, Any]:
    try:
        return TypeAdapter(kind).json_schema()
    except Exception:  # a type without a JSON schema
        return _typed_dict_schema(kind)


def _input_of(schema: Mapping[str, Any]) -> Any:
    return _value(schema, {}, depth=0)


def _value(schema: Any, definitions: Mapping[str, Any], *, depth: int) -> Any:
    schema = _resolve(schema, definitions)
    definitions = schema.get("$defs", definitions)
    if depth > MAX_DEPTH or not schema:
        return TEXT
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return _first_option(options, definitions, depth)
    return _by_type(schema, definitions, depth)


def _by_type(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, definitions, depth)
        case "array":
            return _array(schema, definitions, depth)
        case "integer":
            return 1
        case "number":
            return 1.0
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return TEXT


def _object(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> Any:
    properties: Mapping[str, Any] = schema.get("properties") or {}
    if not properties:
        return {} if depth else TEXT
    required = [name for name in schema.get("required", []) if name in properties]
    if not required and "messages" in properties:  # an agent's or graph's state: the rest is its own
        required = ["messages"]
    return {
        name: _value(properties[name], definitions, depth=depth + 1)
        if not (name == "messages" and _is_bare(properties[name]))
        else MESSAGES
        for name in required or properties
    }


def _array(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> Any:
    items = schema.get("items", {})
    if _is_message(items, definitions):
        return MESSAGES
    return [_value(items, definitions, depth=depth + 1)] if items else []


def _first_option(options: list[Any], definitions: Mapping[str, Any], depth: int) -> Any:
    """Messages if they are accepted, then text, then whatever comes first."""
    resolved = [_resolve(option, definitions) for option in options]
    for option in resolved:
        if option.get("type") == "array" and _is_message(option.get("items", {}), definitions):
            return MESSAGES
    for option in resolved:
        if option.get("type") == "string":
            return TEXT
    usable = [option for option in resolved if option.get("type") != "null"]
    return _value(usable[0], definitions, depth=depth + 1) if usable else None


def _is_message(schema: Any, definitions: Mapping[str, Any]) -> bool:
    schema = _resolve(schema, definitions)
    titles = [schema.get("title", "")]
    titles += [
        _resolve(option, definitions).get("title", "")
        for key in ("anyOf", "oneOf")
        for option in schema.get(key, [])
    ]
    return any(title in ("HumanMessage", "AIMessage", "BaseMessage", "AnyMessage") for title in titles)


def _is_bare(schema: Mapping[str, Any]) -> bool:
    """A list of nobody knows what, as ``messages: list`` gives."""
    return schema.get("type") == "array" and not schema.get("items")


def _resolve(schema: Any, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema a reference leads to; an empty one for what is no schema (``True`` accepts anything)."""
    for _ in range(MAX_DEPTH):
        if not isinstance(schema, dict):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            break
        schema = definitions.get(reference.rpartition("/")[2], {})
    return schema if isinstance(schema, dict) else {}


def _config_of(runnable: Any) -> dict[str, Any]:
    """Session and thread ids that the runnable asks for in its config."""
    names = [getattr(spec, "id", "") for spec in _config_specs(runnable)]
    wanted = {
        name: SESSION for name in names if name in ("session_id", "thread_id", "conversation_id", "user_id")
    }
    if getattr(runnable, "checkpointer", None):
        wanted["thread_id"] = SESSION
    return {"configurable": wanted} if wanted else {}


def _config_specs(runnable: Any) -> list[Any]:
    try:
        return list(runnable.config_specs)
    except Exception:  # user classes; without specs nothing is asked for
        return []

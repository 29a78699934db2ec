"""The response format of a request.  Pure."""

from __future__ import annotations

import re
from typing import Any

from mock_provider.replies.refusals import refuse, refuse_long, refuse_missing, refuse_type, refuse_value

_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_LONGEST_NAME = 64
_FORMATS = ("json_object", "json_schema", "text")
Format = tuple[dict[str, Any] | None, bool]  # the schema; whether any JSON object will do


def read_chat_format(request: dict[str, Any]) -> Format:
    """Of a chat request."""
    wanted = request.get("response_format")
    if wanted is None:
        return None, False
    kind = _read_kind(wanted, "response_format")
    if kind == "json_schema":
        described = wanted.get("json_schema")
        if described is None:
            refuse_missing("response_format.json_schema")
        return _read_schema(described, "response_format.json_schema"), False
    return None, kind == "json_object"


def read_text_format(request: dict[str, Any]) -> Format:
    """Of a responses request."""
    wanted = (request.get("text") or {}).get("format")
    if wanted is None:
        return None, False
    kind = _read_kind(wanted, "text.format")
    if kind == "json_schema":
        return _read_schema(wanted, "text.format"), False
    return None, kind == "json_object"


def _read_kind(wanted: Any, param: str) -> str:
    if not isinstance(wanted, dict):
        refuse_type(param, "an object", wanted)
    kind = wanted.get("type")
    if kind is None:
        refuse_missing(f"{param}.type")
    if kind not in _FORMATS:
        refuse_value(f"{param}.type", kind, _FORMATS)
    return str(kind)


def _read_schema(described: Any, param: str) -> dict[str, Any]:
    if not isinstance(described, dict):
        refuse_type(param, "an object", described)
    name = described.get("name")
    if name is None:
        refuse_missing(f"{param}.name")
    if not isinstance(name, str):
        refuse_type(f"{param}.name", "a string", name)
    check_name(name, f"{param}.name")
    schema = described.get("schema")
    if schema is None:
        return {"type": "object"}
    if not isinstance(schema, dict):
        refuse_type(f"{param}.schema", "an object", schema)
    if described.get("strict"):
        check_strict(schema, f"response_format '{name}'", param.split(".")[0])
    return schema


def check_name(name: str, where: str) -> None:
    """Refuse a name of a tool or a schema that the real provider refuses."""
    if not _NAME.fullmatch(name):
        refuse(
            f"Invalid '{where}': string does not match pattern. Expected a string that matches the pattern"
            " '^[a-zA-Z0-9_-]+$'.",
            where,
            "invalid_value",
        )
    if len(name) > _LONGEST_NAME:
        refuse_long(where, name, _LONGEST_NAME)


def describe_format(wanted: dict[str, Any] | None) -> dict[str, Any]:
    """The format as a response repeats it, once it was read."""
    if wanted is None or wanted["type"] != "json_schema":
        return {"type": wanted["type"] if wanted else "text"}
    kept = {key: wanted[key] for key in ("name", "description") if isinstance(wanted.get(key), str)}
    return {
        "type": "json_schema",
        **kept,
        "schema": wanted.get("schema") or {},
        "strict": bool(wanted.get("strict")),
    }


def check_strict(schema: dict[str, Any], what: str, param: str) -> None:
    """Refuse a strict schema that is not of an object, or has one that is open or has properties not required."""
    kind = schema.get("type")
    if kind != "object" and (kind is not None or "anyOf" in schema or "oneOf" in schema):
        refuse(
            f"Invalid schema for {what}: schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'.",
            param,
            "invalid_json_schema",
        )
    context = _find_loose(schema, ())
    if context is None:
        return
    where, problem = context
    path = ", ".join(f"'{part}'" for part in where) + ("," if len(where) == 1 else "")
    refuse(f"Invalid schema for {what}: In context=({path}), {problem}", param, "invalid_json_schema")


def _find_loose(node: Any, where: tuple[str, ...]) -> tuple[tuple[str, ...], str] | None:
    if isinstance(node, list):
        parts = [(str(index), part) for index, part in enumerate(node)]
    elif isinstance(node, dict):
        problem = _loose_problem(node)
        if problem:
            return where, problem
        parts = list(node.items())
    else:
        return None
    for key, part in parts:
        if key not in ("enum", "const", "default", "examples", "required") and isinstance(part, dict | list):
            found = _find_loose(part, (*where, key))
            if found:
                return found
    return None


def _loose_problem(node: dict[str, Any]) -> str | None:
    properties = node.get("properties")
    if node.get("type") != "object" or not isinstance(properties, dict):
        return None
    if node.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false."
    missing = [name for name in properties if name not in (node.get("required") or ())]
    if missing:
        return (
            "'required' is required to be supplied and to be an array including every key in properties."
            f" Missing '{missing[0]}'."
        )
    return None

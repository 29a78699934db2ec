"""Whether a value keeps a JSON Schema.  Pure.

Covers what the provider's structured output supports, so that nothing taken from a prompt breaks the schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mock_provider.replies.schema_rules import TYPES, resolve

_FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
    "time": re.compile(r"\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "uri": re.compile(r"[a-z][a-z0-9+.-]*:\S+"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "ipv4": re.compile(r"\d{1,3}(\.\d{1,3}){3}"),
}
_FREE_FORMATS = (None, "", "binary", "password", "regex")


def is_valid(value: Any, schema: Any, root: Mapping[str, Any], depth: int = 0) -> bool:
    """Whether the value may stand where the schema is.  A format unknown here is never met."""
    if schema is False or depth > 50:
        return False
    rules = resolve(schema, root)
    if "const" in rules and not _same(value, rules["const"]):
        return False
    if rules.get("enum") and not any(_same(value, allowed) for allowed in rules["enum"]):
        return False
    for key in ("anyOf", "oneOf"):
        if rules.get(key) and not any(is_valid(value, part, root, depth + 1) for part in rules[key]):
            return False
    kinds = rules.get("type", list(TYPES))
    if not any(_is_a(value, kind) for kind in (kinds if isinstance(kinds, list) else [kinds])):
        return False
    match value:
        case str():
            return _keeps_string_rules(value, rules)
        case list():
            return _keeps_list_rules(value, rules, root, depth)
        case dict():
            return _keeps_object_rules(value, rules, root, depth)
        case bool() | None:
            return True
        case _:
            return _keeps_number_rules(value, rules)


def _same(one: Any, other: Any) -> bool:
    """Equal, true and 1 kept apart."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _is_a(value: Any, kind: Any) -> bool:
    if isinstance(value, bool):
        return bool(kind == "boolean")
    return isinstance(value, TYPES.get(kind, ()))


def _keeps_string_rules(value: str, rules: Mapping[str, Any]) -> bool:
    if not rules.get("minLength", 0) <= len(value) <= rules.get("maxLength", len(value)):
        return False
    pattern, form = rules.get("pattern"), rules.get("format")
    if isinstance(pattern, str) and not _matches(pattern, value):
        return False
    return _FORMATS[form].fullmatch(value) is not None if form in _FORMATS else form in _FREE_FORMATS


def _keeps_list_rules(
    value: list[Any], rules: Mapping[str, Any], root: Mapping[str, Any], depth: int
) -> bool:
    if not rules.get("minItems", 0) <= len(value) <= rules.get("maxItems", len(value)):
        return False
    if rules.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value)):
        return False
    first = rules.get("prefixItems") or []
    parts = [*first, *[rules.get("items", {})] * (len(value) - len(first))]
    return all(is_valid(item, part, root, depth + 1) for item, part in zip(value, parts, strict=False))


def _keeps_object_rules(
    value: dict[str, Any], rules: Mapping[str, Any], root: Mapping[str, Any], depth: int
) -> bool:
    if not value.keys() >= set(rules.get("required") or ()):
        return False
    if not rules.get("minProperties", 0) <= len(value) <= rules.get("maxProperties", len(value)):
        return False
    described = rules.get("properties") or {}
    others = rules.get("additionalProperties", {})
    return all(is_valid(part, described.get(key, others), root, depth + 1) for key, part in value.items())


def _keeps_number_rules(value: float, rules: Mapping[str, Any]) -> bool:
    keeps = {
        "minimum": lambda limit: value >= limit,
        "maximum": lambda limit: value <= limit,
        "exclusiveMinimum": lambda limit: value > limit,
        "exclusiveMaximum": lambda limit: value < limit,
        "multipleOf": lambda limit: limit == 0 or value % limit == 0,
    }
    limits = {key: rules[key] for key in keeps if isinstance(rules.get(key), int | float)}
    return all(isinstance(limit, bool) or keeps[key](limit) for key, limit in limits.items())


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:  # a pattern of another dialect: nothing lifted can be known to fit
        return False

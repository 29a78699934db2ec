"""What a JSON Schema asks for: references followed, alternatives, the type to produce.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
Schema = dict[str, Any]
_MAX_HOPS = 20  # references that lead in a circle


def resolve(schema: Any, root: Mapping[str, Any]) -> Schema:
    """The schema with references followed and ``allOf`` merged in; true and junk become the empty schema."""
    for _ in range(_MAX_HOPS):
        if not isinstance(schema, dict):
            return {}
        reference = schema.get("$ref") or schema.get("$dynamicRef")
        if not isinstance(reference, str):
            break
        beside = {key: value for key, value in schema.items() if key not in ("$ref", "$dynamicRef")}
        target = _follow(reference, root)
        schema = {**target, **beside} if isinstance(target, dict) else beside
    parts = schema.get("allOf") if isinstance(schema, dict) else None
    if not isinstance(parts, list):
        return dict(schema)
    merged: Schema = {key: value for key, value in schema.items() if key != "allOf"}
    for part in parts:
        merged = _merge(merged, resolve(part, root))
    return merged


def branches_of(schema: Mapping[str, Any]) -> list[Any]:
    """The alternatives (anyOf, oneOf), each with what stands beside them; empty when there are none."""
    for key in ("anyOf", "oneOf"):
        branches = schema.get(key)
        if isinstance(branches, list) and branches:
            beside = {
                k: v
                for k, v in schema.items()
                if k not in (key, "title", "description", "default", "discriminator")
            }
            if not beside:
                return branches
            return [_merge(beside, branch) if isinstance(branch, dict) else beside for branch in branches]
    return []


def type_of(schema: Mapping[str, Any], *, deep: bool) -> str:
    """The JSON type to produce; of several the first that is not null, or null when ``deep``."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        if deep and "null" in kinds:
            return "null"
        kinds = next((kind for kind in kinds if kind != "null"), "null")
    if isinstance(kinds, str) and kinds in TYPES:
        return kinds
    if any(key in schema for key in ("properties", "required", "additionalProperties", "minProperties")):
        return "object"
    if any(key in schema for key in ("items", "prefixItems", "minItems", "maxItems")):
        return "array"
    if any(
        key in schema for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    ):
        return "number"
    return "string"


def _follow(reference: str, root: Mapping[str, Any]) -> Any:
    node: Any = root
    for part in reference.lstrip("#").strip("/").split("/") if reference.strip("#/") else ():
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        elif isinstance(node, dict):
            node = node.get(key, {})
        else:
            return {}
    return node


def _merge(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return merged

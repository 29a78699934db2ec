import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.run_directory import RunDirectory
from reports.analysis import analyse, analyse_steps
from reports.schema import MARKER, make_reference, make_schema
from reports.verdict import VERDICT_SCHEMA, Verdict

DOCS = Path(__file__).parents[2] / "docs"
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "number": (int, float), "integer": (int,),
    "null": (type(None),), "boolean": (bool,),
}  # fmt: skip


def find_violations(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str = "$") -> list[str]:
    """What of the value the schema does not allow; knows the keywords that the schema uses."""
    if "$ref" in schema:
        return find_violations(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, where)
    if "anyOf" in schema:
        tried = [find_violations(value, option, root, where) for option in schema["anyOf"]]
        return [] if [] in tried else min(tried, key=len)
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is {value!r}"]
    types = schema.get("type", [])
    allowed = [kind for name in ([types] if isinstance(types, str) else types) for kind in TYPES[name]]
    if allowed and (
        not isinstance(value, tuple(allowed)) or (isinstance(value, bool) and bool not in allowed)
    ):
        return [f"{where} is {value!r}, not {types}"]
    return [*_in_object(value, schema, root, where), *_in_array(value, schema, root, where)]


def _in_object(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    missing = [f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value]
    parts = [
        find_violations(
            item, known.get(name, others if isinstance(others, dict) else {}), root, f"{where}.{name}"
        )
        for name, item in value.items()
    ]
    return [*missing, *(problem for part in parts for problem in part)]


def _in_array(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, list):
        return []
    items = schema["prefixItems"] if "prefixItems" in schema else [schema.get("items") or {}] * len(value)
    return [
        p
        for i, (item, one) in enumerate(zip(value, items, strict=True))
        for p in find_violations(item, one, root, f"{where}[{i}]")
    ]


def as_json(verdict: Verdict) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(msgspec.json.encode(verdict))
    return document


@pytest.mark.parametrize("kind", ["healthy", "queue", "rate_limited", "hung", "generator"])
def test_verdicts_of_runs_follow_the_schema(run_of: Callable[..., RunDirectory], kind: str) -> None:
    document = as_json(analyse(run_of(kind=kind, streaming=kind == "healthy")).verdict)
    schema = make_schema()
    assert find_violations(document, schema, schema) == []
    assert document["schema"] == VERDICT_SCHEMA


def test_the_verdict_of_no_steps_follows_the_schema() -> None:
    schema = make_schema()
    assert find_violations(as_json(analyse_steps([], name="none").verdict), schema, schema) == []


def test_what_does_not_follow_the_schema_is_found() -> None:
    schema = make_schema()
    document = as_json(analyse_steps([], name="none").verdict)
    document["saturation"]["status"] = "maybe"
    del document["health"]
    assert find_violations(document, schema, schema) == [
        "$.health is missing",
        "$.saturation.status is 'maybe'",
    ]


def test_no_number_of_a_verdict_is_infinite_or_nan(run_of: Callable[..., RunDirectory]) -> None:
    text = msgspec.json.encode(analyse(run_of(kind="hung")).verdict).decode()
    assert "NaN" not in text and "Infinity" not in text


def test_the_documents_are_those_of_the_records() -> None:
    """Changed a record?  python -m reports.schema docs"""
    assert json.loads((DOCS / "verdict.schema.json").read_text()) == make_schema()
    assert (DOCS / "verdict.md").read_text().partition(MARKER)[2].strip() == make_reference().strip()

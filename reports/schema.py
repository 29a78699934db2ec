"""What verdict.json looks like: its JSON Schema, and the reference in docs/verdict.md.  Pure.

Both come from the records and the comments beside their fields, so that neither can say something else.
``python -m reports.schema docs`` writes docs/verdict.schema.json and the reference part of docs/verdict.md.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

import harness.records
import reports.verdict
from harness.run_directory import write_whole
from reports.verdict import VERDICT_SCHEMA, Verdict

MODULES = (reports.verdict, harness.records)
SCHEMA_FILE = "verdict.schema.json"
REFERENCE_FILE = "verdict.md"
MARKER = "<!-- From here on written by `python -m reports.schema docs`. -->\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a record, as its line in the source says it."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record."""

    name: str
    meaning: str
    fields: tuple[Field, ...]


def make_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of verdict.json, with the records' comments as descriptions."""
    schema = msgspec.json.schema(Verdict)
    records = {record.name: record for record in read_records()}
    for name, definition in schema["$defs"].items():
        _describe(definition, records[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"chainload verdict, version {VERDICT_SCHEMA}",
        **schema,
    }


def make_reference() -> str:
    """A table for each record that verdict.json holds, the outermost first."""
    names = list(msgspec.json.schema(Verdict)["$defs"])
    records = {record.name: record for record in read_records()}
    ordered = sorted(names, key=lambda name: (name != Verdict.__name__, name))
    return "\n".join(_make_table(records[name]) for name in ordered)


def read_records() -> Iterator[Record]:
    """All records of the modules, with the comments beside their fields."""
    for module in MODULES:
        source = inspect.getsource(module)
        comments = _read_comments(source)
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef):
                yield Record(
                    name=node.name,
                    meaning=_first_line(module, node.name),
                    fields=tuple(_read_fields(node, comments)),
                )


def _first_line(module: ModuleType, name: str) -> str:
    return (inspect.getdoc(getattr(module, name)) or "").partition("\n")[0]


def _read_fields(node: ast.ClassDef, comments: Mapping[int, str]) -> Iterator[Field]:
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            lines = range(item.lineno, (item.end_lineno or item.lineno) + 1)
            comment = " ".join(comments[line] for line in lines if line in comments)
            yield Field(name=item.target.id, type=ast.unparse(item.annotation), comment=comment)


def _read_comments(source: str) -> dict[int, str]:
    """By line."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}


def _describe(definition: dict[str, Any], record: Record) -> None:
    if record.meaning:
        definition["description"] = record.meaning
    for field in record.fields:
        if field.comment and field.name in definition.get("properties", {}):
            definition["properties"][field.name]["description"] = field.comment


def _make_table(record: Record) -> str:
    rows = [
        f"| `{field.name}` | `{_escape(field.type)}` | {_escape(field.comment)} |" for field in record.fields
    ]
    meaning = [record.meaning, ""] if record.meaning else []
    return "\n".join(
        [f"### {record.name}", "", *meaning, "| field | type | meaning |", "|---|---|---|", *rows, ""]
    )


def _escape(text: str) -> str:
    return re.sub(r"\|", r"\\|", text)


def write_documents(folder: Path) -> None:
    """The schema whole, and the part of the reference below the marker."""
    schema = msgspec.json.format(msgspec.json.encode(make_schema()), indent=2).decode()
    write_whole(folder / SCHEMA_FILE, schema + "\n")
    page = folder / REFERENCE_FILE
    prose, _, _ = page.read_text(encoding="utf-8").partition(MARKER)
    write_whole(page, f"{prose}{MARKER}\n{make_reference()}")


if __name__ == "__main__":
    write_documents(Path(sys.argv[1]))

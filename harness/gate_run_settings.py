"""How a gate runs a target: the settings of a run as a TOML table or a pytest marker writes them.  Pure.

The names are those of `chainload run`'s options: hold = "5s", steps = [1, 5, 20], input = {topic = "tea"}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import BadInputError
from harness.options import parse_duration, parse_steps
from harness.settings import RunSettings
from reports.gate.limits import guess

_HIDDEN = ("name", "target", "working_directory", "expects", "climbs", "adapts_hold")
_RENAMED = {"max_s": "max_seconds", "mock_plan": "mock", "input_json": "input", "config_json": "config"}
_FIELDS = {field.name: field for field in msgspec.structs.fields(RunSettings) if field.name not in _HIDDEN}


def _shown(field: str) -> str:
    return _RENAMED.get(field, field.removesuffix("_s") if _is_duration(field) else field)


def _is_duration(field: str) -> bool:
    return field.endswith("_s") and field not in _RENAMED


FIELD_OF = {_shown(field): field for field in _FIELDS}


def parse_run(table: Any) -> tuple[dict[str, Any], list[str]]:
    """Fields of RunSettings that are given, and every problem, in words."""
    if not isinstance(table, Mapping):
        return {}, [f' is {table!r}; it must be a table such as {{ steps = [1, 5, 20], hold = "5s" }}']
    given: dict[str, Any] = {}
    problems = []
    for key, value in table.items():
        field = FIELD_OF.get(key)
        if field is None:
            close = guess(key, FIELD_OF)
            problems.append(f"{key} is no setting of a run{close or '; allowed: ' + ', '.join(FIELD_OF)}")
            continue
        try:
            given |= _parse(key, field, value)
        except (BadInputError, msgspec.ValidationError, TypeError, ValueError) as error:
            problems.append(f"{key} is {value!r}: {error}")
    return given, problems


def _parse(key: str, field: str, value: Any) -> dict[str, Any]:
    special: dict[str, Callable[[Any], dict[str, Any]]] = {
        "steps": _steps,
        "input_json": lambda value: {"input_json": msgspec.json.encode(value).decode()},
        "config_json": lambda value: {"config_json": msgspec.json.encode(value).decode()},
        "mock_plan": lambda value: {"mock_plan": str(Path(value).absolute())},
    }
    if field in special:
        return special[field](value)
    if _is_duration(field) and isinstance(value, str):
        return {field: parse_duration(key, value)}
    return {field: msgspec.convert(value, _FIELDS[field].type)}


def _steps(value: Any) -> dict[str, Any]:
    """ "1,5,20", "auto" or numbers."""
    return parse_steps(value if isinstance(value, str) else ",".join(map(str, value)))

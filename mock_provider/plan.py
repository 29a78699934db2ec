"""Reads, checks and writes plans.  Light: the parent of a run calls it to check a plan before anything starts."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mock_provider.plan_problems import describe_problems
from mock_provider.plan_schema import Plan
from mock_provider.toml_text import write_toml

__all__ = ["Plan", "PlanError", "check_plan", "load_plan", "override_plan", "plan_to_toml", "split_overrides"]


class PlanError(ValueError):
    """A plan that cannot be used; the message lists every problem, one a line, as ``problems`` does."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def load_plan(path: Path | str | None = None, overrides: Sequence[str] = ()) -> Plan:
    """The plan of a TOML file (None: the healthy provider) with "dotted.key=value" put over it.

    Raises PlanError with every problem of file and overrides at once.
    """
    document = _read(Path(path)) if path is not None else {}
    problems = [problem for text in overrides if (problem := apply_override(document, text))]
    try:
        plan = Plan.model_validate(document)
    except ValidationError as error:
        problems += describe_problems(error)
    if problems:
        raise PlanError([f"{problem} (in {path})" if path is not None else problem for problem in problems])
    return plan


def check_plan(document: dict[str, Any]) -> Plan:
    """The plan of a nested dict.  Raises PlanError with every problem at once."""
    try:
        return Plan.model_validate(document)
    except ValidationError as error:
        raise PlanError(describe_problems(error)) from error


def override_plan(plan: Plan, overrides: Sequence[str]) -> Plan:
    """The plan with "dotted.key=value" put over it.  Raises PlanError."""
    document = plan.model_dump(exclude_unset=True)
    problems = [problem for text in overrides if (problem := apply_override(document, text))]
    if problems:
        raise PlanError(problems)
    return check_plan(document)


def plan_to_toml(plan: Plan) -> str:
    """All of the plan, defaults included; read back, it is the same plan."""
    return write_toml(plan.model_dump(exclude_none=True))


def split_overrides(text: str) -> list[str]:
    """Overrides in one line, as the per-request header has them: "a.b=1; c=2".

    A semicolon within quotes, brackets or braces separates nothing.
    """
    parts, start, depth, quote = [], 0, 0, ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[index - 1] != "\\" else quote
        elif char in "\"'":
            quote = char
        elif char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1
        elif char == ";" and depth <= 0:
            parts.append(text[start:index])
            start = index + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def apply_override(document: dict[str, Any], text: str) -> str | None:
    """Put one "dotted.key=value" into a document; what is wrong with it, or None.

    Values are TOML; what is none is a text as it stands.  A number in the key is a place in an array: the next free one
    adds to it.
    """
    key, separator, value = text.partition("=")
    parts = [part.strip() for part in key.split(".")]
    if not separator or not all(parts):
        return f"{text!r} is no setting; it must be dotted.key=value, e.g. limits.requests_per_minute=600"
    return _put(document, parts, _parse_value(value.strip()), key.strip())


def _put(document: dict[str, Any], parts: list[str], value: Any, key: str) -> str | None:
    here: Any = document
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        empty: Any = [] if not last and parts[index + 1].isdigit() else {}
        if isinstance(here, dict):
            here[part] = value if last else here.get(part, empty)
            here = here[part]
        elif isinstance(here, list) and part.isdigit() and int(part) <= len(here):
            if int(part) == len(here):
                here.append(empty)
            here[int(part)] = value if last else here[int(part)]
            here = here[int(part)]
        elif isinstance(here, list):
            return f"{key}: {part} is no place in an array of {len(here)}; allowed: 0 to {len(here)}"
        else:
            return f"{key}: {'.'.join(parts[:index])} is {here!r}, which has no keys"
    return None


def _parse_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanError([f"the plan {path} cannot be read ({error.strerror}); give a TOML file"]) from error
    except UnicodeDecodeError as error:
        raise PlanError([f"the plan {path} is no UTF-8 text ({error.reason}); give a TOML file"]) from error
    except tomllib.TOMLDecodeError as error:
        raise PlanError([f"the plan {path} is no TOML: {error}"]) from error

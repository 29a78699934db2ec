"""What a team's gate asks for: `[tool.chainload.gate]` of pyproject.toml, or `[gate]` of chainload.toml.  Runs nothing.

    [tool.chainload.gate]
    forbid = ["event_loop_blocked", "defect"]
    [tool.chainload.gate.scenarios.checkout]
    target = "app/chain.py:chain"
    run = { steps = [1, 5, 20], hold = "5s" }
    min_users = 15

Limits at the top hold for every scenario; a section's own replace them one by one, options replace both.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import BadInputError
from harness.gate_run_settings import parse_run
from reports.gate.limits import PARSERS, Limits, guess, parse_limits

PYPROJECT, OWN_FILE = "pyproject.toml", "chainload.toml"
TOP_KEYS = ("strict", "baseline", "run", "scenarios")
SECTION_KEYS = ("target", "run")


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """What one scenario is judged by, and how it is run where it is not run by somebody else."""

    target: str | None = None  # a target, or a scenario file; None: run elsewhere, and given as a directory
    run: dict[str, Any] = {}  # fields of RunSettings
    limits: dict[str, Any] = {}  # fields of Limits


class GateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of a gate's input, but for what is to be judged."""

    strict: bool = False
    baseline: Path | None = None
    run: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    sections: dict[str, Section] = {}
    file: Path | None = None  # where it was read from

    def section(self, scenario: str) -> Section:
        return self.sections.get(scenario, Section())

    def limits_of(self, scenario: str, options: Mapping[str, Any]) -> Limits:
        return Limits(**{**self.limits, **self.section(scenario).limits, **options})


def find_settings(folder: Path, given: Path | None = None) -> GateSettings:
    """Of the file that is given, else of the folder's chainload.toml or pyproject.toml, else empty.

    Raises BadInputError that lists every problem.
    """
    if given is not None:
        return read_settings(given, _tables_of(given, _read(given)) or {})
    found = {}
    for name in (OWN_FILE, PYPROJECT):
        path = folder / name
        tables = _tables_of(path, _read(path)) if path.is_file() else None
        if tables is not None:
            found[path] = tables
    if len(found) > 1:
        raise BadInputError(
            f"both {OWN_FILE} and {PYPROJECT} have a gate; keep one of them, or give --config"
        )
    return next((read_settings(path, tables) for path, tables in found.items()), GateSettings())


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be read ({error.strerror}); give a TOML file with --config"
        ) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise BadInputError(f"{path} is no TOML: {error}") from error


def _tables_of(path: Path, document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The gate's table; None when there is none.  A file of our own holds nothing else."""
    if path.name == PYPROJECT:
        ours = document.get("tool", {}).get("chainload", {})
        prefix = "tool.chainload."
    else:
        ours, prefix = document, ""
    unknown = [key for key in ours if key != "gate"]
    if unknown:
        listed = ", ".join(f"{prefix}{key}" for key in unknown)
        raise BadInputError(
            f"{path}: {listed} is no table of chainload; allowed: {prefix}gate{guess(unknown[0], ['gate'])}"
        )
    table = ours.get("gate")
    if table is not None and not isinstance(table, dict):
        raise BadInputError(f"{path}: {prefix}gate is {table!r}; it must be a table")
    return table


def read_settings(path: Path, table: Mapping[str, Any]) -> GateSettings:
    """A gate's table, checked.  Raises BadInputError that lists every problem."""
    problems = list(_unknown_keys(table, (*PARSERS, *TOP_KEYS), ""))
    limits, wrong = parse_limits(table)
    run, wrong_run = parse_run(table.get("run", {}))
    problems += [*wrong, *(f"run.{problem}" for problem in wrong_run)]
    problems += [
        f"{key} is {table[key]!r}; it must be {words}"
        for key, kind, words in (("strict", bool, "true or false"), ("baseline", str, "the path of a file"))
        if key in table and not isinstance(table[key], kind)
    ]
    sections, wrong_sections = _read_sections(table.get("scenarios", {}))
    problems += wrong_sections
    if problems:
        raise BadInputError("\n".join(f"{path}: {problem}" for problem in problems))
    baseline = table.get("baseline")
    return GateSettings(
        strict=table.get("strict", False),
        baseline=path.parent / baseline if baseline is not None else None,
        run=run,
        limits=limits,
        sections=sections,
        file=path,
    )


def _unknown_keys(table: Mapping[str, Any], allowed: tuple[str, ...], prefix: str) -> Iterator[str]:
    for key in table:
        if key not in allowed:
            close = guess(key, allowed)
            yield f"{prefix}{key} is no key of the gate{close or '; allowed: ' + ', '.join(allowed)}"


def _read_sections(table: Any) -> tuple[dict[str, Section], list[str]]:
    if not isinstance(table, dict):
        return {}, [f"scenarios is {table!r}; it must be a table, one for each scenario"]
    sections, problems = {}, []
    for name, values in table.items():
        prefix = f"scenarios.{name}."
        if not isinstance(values, dict):
            problems.append(f"scenarios.{name} is {values!r}; it must be a table")
            continue
        problems += _unknown_keys(values, (*PARSERS, *SECTION_KEYS), prefix)
        limits, wrong = parse_limits(values)
        run, wrong_run = parse_run(values.get("run", {}))
        problems += [f"{prefix}{problem}" for problem in (*wrong, *(f"run.{words}" for words in wrong_run))]
        target = values.get("target")
        if target is not None and not isinstance(target, str):
            problems.append(f"{prefix}target is {target!r}; it must be a text such as app/chain.py:chain")
            target = None
        sections[name] = Section(target=target, run=run, limits=limits)
    return sections, problems

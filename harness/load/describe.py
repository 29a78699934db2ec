"""``python -m harness.load.describe FILE.py``: a scenario's settings as JSON; ``--all``: the scenarios that ship.

A process of its own, because a locustfile patches the interpreter when it is imported.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from harness.errors import BadInputError, ChainloadError
from harness.load.scenario import Scenario

SCENARIOS_PACKAGE = "scenarios"


def describe(file: Path) -> dict[str, Any]:
    """The settings of a scenario file, checked.  Raises BadInputError."""
    settings = find_scenario(file).settings(file).check()
    fields: dict[str, Any] = msgspec.to_builtins(settings)
    return fields


def describe_all() -> list[dict[str, Any]]:
    """A row for each scenario that ships: file, name, targets, what it teaches and expects."""
    rows = []
    for file in _shipped_files():
        scenario = find_scenario(file)
        shown = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
        rows.append(
            {
                "file": str(shown),
                "name": scenario.name or file.stem,
                "teaches": scenario.teaches,
                "expects": scenario.expects,
                "target": scenario.target,
                "fixed": scenario.fixed,
            }
        )
    return rows


def find_scenario(file: Path) -> Scenario:
    """The scenario that a locustfile defines.  Raises BadInputError when it cannot be imported or defines none."""
    module = _load(file)
    found = [value for value in vars(module).values() if isinstance(value, Scenario)]
    if not found:
        raise BadInputError(
            f"{file} defines no Scenario; give it SCENARIO = Scenario(target=…) and "
            "ChainUser, StepShape = locust_classes(SCENARIO)"
        )
    return found[0]


def _load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise BadInputError(f"{file} is no Python file that can be read")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    try:
        spec.loader.exec_module(module)
    except ChainloadError:
        raise
    except (Exception, SystemExit) as error:  # whatever a user's file does when it is imported
        raise BadInputError(_import_failure(file, error)) from error
    return module


def _import_failure(file: Path, error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == file]
    lines = [error.lineno] if isinstance(error, SyntaxError) else [frame.lineno for frame in frames[-1:]]
    where = f", line {lines[0]}" if lines and lines[0] else ""
    return f"{file}{where}: {type(error).__name__}: {error}"


def _shipped_files() -> list[Path]:
    spec = importlib.util.find_spec(SCENARIOS_PACKAGE)
    folders = spec.submodule_search_locations if spec is not None else None
    return sorted(
        file for folder in folders or () for file in Path(folder).glob("*.py") if file.name != "__init__.py"
    )


def main(arguments: Sequence[str]) -> int:
    """Exit code; the JSON on standard output, words on standard error."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m harness.load.describe FILE.py | --all\n")
        return 2
    sys.path.insert(0, str(Path.cwd()))  # as Locust does
    try:
        found = describe_all() if arguments[0] == "--all" else describe(Path(arguments[0]).absolute())
    except ChainloadError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # gevent before 26 ends with tracebacks of its own where it was imported late

"""Runs scenarios with the command a user types, and reads the verdict it prints."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.next_command import OPTIONS

ROOT = Path(__file__).parents[2]
RUNS = Path(os.environ.get("CHAINLOAD_TRUTH_RUNS", ROOT / "runs" / "truth"))
LONGEST_RUN_S = 300


class RunFailedError(Exception):
    """`chainload run` printed no verdict."""


def list_scenarios() -> list[dict[str, Any]]:
    """A row for each scenario that ships."""
    rows: list[dict[str, Any]] = json.loads(_output_of("harness.load.describe", "--all"))
    return rows


def run_scenario(file: str, out: Path) -> dict[str, Any]:
    """verdict.json of a scenario's own target.  Raises RunFailedError."""
    return _run([file], out)


def run_fixed(file: str, target: str, out: Path) -> dict[str, Any]:
    """verdict.json of another target under a scenario's load.  Raises RunFailedError."""
    settings: dict[str, Any] = json.loads(_output_of("harness.load.describe", file))
    return _run([target, *_as_options(settings)], out)


def _as_options(settings: Mapping[str, Any]) -> list[str]:
    options = ["--steps", ",".join(map(str, settings["steps"]))]
    for field, option in OPTIONS.items():
        # A scenario adds no steps of its own unless it says so; the command does.
        value = settings.get(field, 0 if field == "max_s" else None)
        for item in value if isinstance(value, list) else [value] if value is not None else []:
            options += [option, str(item)]
    return options


def _run(arguments: list[str], out: Path) -> dict[str, Any]:
    if out.exists():
        shutil.rmtree(out)
    command = [sys.executable, "-P", "-m", "harness", "run", *arguments, "--json", "--out", str(out)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_RUN_S, check=False
    )
    try:
        verdict: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        words = f"{' '.join(command)} ended with {done.returncode} and no verdict:\n{done.stderr[-3000:]}"
        raise RunFailedError(words) from None
    return verdict


def _output_of(module: str, *arguments: str) -> str:
    command = [sys.executable, "-P", "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RunFailedError(done.stderr)
    return done.stdout

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

ROOT = Path(__file__).parents[2]
RUNS = Path(os.environ.get("CHAINLOAD_TRUTH_RUNS", ROOT / "runs" / "truth"))
LONGEST_RUN_S = 300
OPTIONS = {  # field of the settings: option of `chainload run`
    "mode": "--mode",
    "threads": "--threads",
    "batch_size": "--batch-size",
    "loop": "--loop",
    "path": "--path",
    "method": "--method",
    "body": "--body",
    "input_json": "--input",
    "inputs": "--inputs",
    "config_json": "--config",
    "mock_plan": "--mock",
    "hold_s": "--hold",
    "timeout_s": "--timeout",
    "drain_s": "--drain",
    "think_time_s": "--think-time",
}


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
    options = [
        "--steps",
        ",".join(map(str, settings["steps"])),
        "--max-seconds",
        str(settings.get("max_s", 0)),
    ]
    for field, option in OPTIONS.items():
        if settings.get(field) is not None:
            options += [option, str(settings[field])]
    for field, option in (("mock_set", "--mock-set"), ("allow_hosts", "--allow-host")):
        for value in settings.get(field) or ():
            options += [option, value]
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

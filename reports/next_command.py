"""The command that would tell most next: the same run, with one more step.  Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import msgspec

from harness.settings import DEFAULT_MAX_S, RunSettings
from reports.verdict import Verdict

# Field of RunSettings -> option of `chainload run`.  Steps come from the verdict; name and folder do not matter.
OPTIONS = {
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
    "mock_set": "--mock-set",
    "mock_port": "--mock-port",
    "max_s": "--max-seconds",
    "hold_s": "--hold",
    "timeout_s": "--timeout",
    "drain_s": "--drain",
    "think_time_s": "--think-time",
    "allow_hosts": "--allow-host",
}


def make_next_command(verdict: Verdict) -> str | None:
    """A line for the shell.  None when no step is missing, or when chainload did not make the run (``locate``)."""
    target = verdict.run.get("target")
    users = verdict.saturation.next_step
    if not isinstance(target, str) or users is None:
        return None
    steps = sorted({step.users for step in verdict.steps if step.purpose == "ladder"} | {users})
    words = ["chainload", "run", target, "--steps", ",".join(map(str, steps)), *list_options(verdict.run)]
    return shlex.join(words)


def list_options(run: dict[str, Any]) -> list[str]:
    """The options that were given, as words of a command line: what differs from the defaults."""
    settings = read_settings(run)
    if settings is None:
        mode = run.get("mode")
        return ["--mode", mode] if isinstance(mode, str) and mode != "ainvoke" else []
    return [word for field, option in OPTIONS.items() for word in _words_of(settings, field, option)]


def read_settings(run: dict[str, Any]) -> RunSettings | None:
    """``settings`` of the verdict's run; None when it has none that fit."""
    try:
        return msgspec.convert(run.get("settings"), RunSettings)
    except msgspec.ValidationError:  # a verdict of `locate`, or of another version
        return None


def _words_of(settings: RunSettings, field: str, option: str) -> Iterator[str]:
    value, default = getattr(settings, field), _DEFAULTS[field]
    if value == default or (field == "max_s" and not value):  # a scenario adds no steps; the command may
        return
    for item in value if isinstance(value, tuple) else (value,):
        yield option
        yield f"{item:g}" if field == "max_s" else f"{item:g}s" if field.endswith("_s") else str(item)


_DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(RunSettings)} | {
    "max_s": DEFAULT_MAX_S
}

"""What was asked, of which versions, on which machine: as rows for the page.  Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.run_directory import RunInfo
from harness.settings import RunSettings
from reports.step_table import Table
from reports.units import format_tick_seconds

_DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(RunSettings)}
_ALWAYS = ("target", "mode", "steps", "hold_s", "timeout_s")


def make_settings_table(info: RunInfo) -> Table:
    """The settings that matter always, and all that differ from their defaults."""
    settings = info.settings
    names = [*_ALWAYS, *(n for n in _DEFAULTS if n not in _ALWAYS and getattr(settings, n) != _DEFAULTS[n])]
    return Table(
        caption="Settings",
        columns=["Setting", "Value"],
        rows=[[_title(name), _show(name, getattr(settings, name))] for name in names],
    )


def make_environment_table(info: RunInfo) -> Table:
    rows = [["started", info.started_wall], *([name, _show(name, v)] for name, v in info.environment.items())]
    return Table(caption="Environment", columns=["Part", "Value"], rows=rows)


def say_started(started_wall: str) -> str:
    """ISO 8601 as people read it, to the minute."""
    date, separator, time = started_wall.partition("T")
    return f"{date} {time[:5]} UTC" if separator else started_wall


def _title(name: str) -> str:
    return name.removesuffix("_s").removesuffix("_json").replace("_", " ")


def _show(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, float) and name.endswith("_s"):
        return format_tick_seconds(value)
    return "not known" if value is None else str(value)

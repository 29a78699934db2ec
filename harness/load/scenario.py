"""What a scenario file says: target, load, provider, and what is planted.  Pure: imports no Locust, starts nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import BadInputError
from harness.load.toml_text import toml_key, toml_value
from harness.options import name_of, parse_duration, parse_steps
from harness.settings import DEFAULT_MAX_S, DEFAULT_STEPS, LoopKind, Mode, RunSettings

Duration = str | float  # "10s", "500ms", "2m", or seconds
NOT_GIVEN: Any = object()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One load test: every field but ``teaches`` and ``fixed`` becomes a field of RunSettings.

    Paths are relative to the working directory, or to the nearest folder above the scenario's file that has them.
    Durations are "10s", "500ms", "2m" or seconds.
    """

    target: str
    name: str | None = None  # None: the scenario's file
    teaches: str = ""  # one sentence, shown by `chainload scenarios`
    expects: str | None = None  # the cause planted here, or "healthy"; read by tests only
    fixed: str | None = None  # the target put right, to compare with; not run unless asked for
    steps: Sequence[int] | str = DEFAULT_STEPS  # "auto": upwards until throughput no longer rises
    arrivals: Sequence[float] = ()  # requests a second of each step, in place of users: open loop
    max_seconds: float | None = None  # see RunSettings.max_s; None: no steps beyond these, but for "auto"
    hold: Duration = 10.0
    mode: Mode = "ainvoke"
    threads: int | None = None
    batch_size: int = 10
    loop: LoopKind = "asyncio"
    path: str = "/"
    method: str = "POST"
    body: str | None = None
    input: Any = NOT_GIVEN  # anything that JSON can say
    inputs: str | None = None  # FILE.jsonl or FILE.py:function
    config: Mapping[str, Any] | None = None  # a RunnableConfig
    mock: str | Mapping[str, Any] | None = None  # a TOML file, or the plan itself
    mock_set: Sequence[str] = ()  # "dotted.key=value", applied over the plan
    mock_port: int | None = None  # of the provider, for a URL that is set to call it
    timeout: Duration = 60.0
    drain: Duration = 10.0
    think_time: Duration = 0.0
    allow_hosts: Sequence[str] = ()
    seed: int = 0

    def settings(self, file: Path | None = None) -> RunSettings:
        """The scenario as settings of a run, unchecked.  Raises BadInputError when a value has the wrong type.

        file: where the scenario is written; None when it has no file.
        """
        fields = {
            "name": self.name or (file.stem if file else name_of(self.target)),
            "target": self.target,
            "working_directory": str(find_working_directory(self.target, file)),
            **_steps(self.steps, self.max_seconds),
            "arrivals_per_s": tuple(map(float, self.arrivals)),
            "hold_s": _seconds("hold", self.hold),
            "mode": self.mode,
            "threads": self.threads,
            "batch_size": self.batch_size,
            "loop": self.loop,
            "path": self.path,
            "method": self.method,
            "body": self.body,
            "input_json": None if self.input is NOT_GIVEN else _json_text("input", self.input),
            "inputs": self.inputs,
            "config_json": None if self.config is None else _json_text("config", self.config),
            "mock_plan": self.mock if isinstance(self.mock, str) else None,
            "mock_set": (*_flat_plan(self.mock), *self.mock_set),
            "mock_port": self.mock_port,
            "timeout_s": _seconds("timeout", self.timeout),
            "drain_s": _seconds("drain", self.drain),
            "allow_hosts": tuple(self.allow_hosts),
            "think_time_s": _seconds("think_time", self.think_time),
            "seed": self.seed,
            "expects": self.expects,
        }
        return convert_settings(fields)


def convert_settings(fields: Mapping[str, Any]) -> RunSettings:
    """Fields as settings.  Raises BadInputError when one is unknown or has the wrong type."""
    try:
        return msgspec.convert(fields, RunSettings)
    except msgspec.ValidationError as error:
        raise BadInputError(f"the run's settings do not fit: {error}") from error


def find_working_directory(target: str, file: Path | None) -> Path:
    """Where the target's file or package is: here, else the nearest folder above the scenario's file, else here."""
    here = Path.cwd()
    if target.startswith(("http://", "https://")):
        return here
    module, _, _ = target.partition(":")
    wanted = [module] if module.endswith(".py") or "/" in module else _module_files(module)
    above = file.resolve().parents if file else ()
    return next((root for root in (here, *above) if any((root / name).exists() for name in wanted)), here)


def _module_files(module: str) -> list[str]:
    path = module.replace(".", "/")
    return [f"{path}.py", f"{path}/__init__.py"] if path else []


def _steps(steps: Sequence[int] | str, max_s: float | None) -> dict[str, Any]:
    fields = parse_steps(steps) if isinstance(steps, str) else {"steps": tuple(steps)}
    return fields | {
        "max_s": (DEFAULT_MAX_S if fields.get("climbs") else 0.0) if max_s is None else float(max_s)
    }


def _seconds(name: str, value: Duration) -> float:
    if isinstance(value, str):
        return parse_duration(name, value)
    if isinstance(value, int | float):
        return float(value)
    raise BadInputError(f"{name} is {value!r}; give a duration such as '10s', '500ms' or '2m', or seconds")


def _json_text(name: str, value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError) as error:
        raise BadInputError(
            f"{name} cannot be written as JSON ({error}); give text, numbers, lists and dictionaries, or a function in "
            "inputs='file.py:function'"
        ) from error


def _flat_plan(plan: str | Mapping[str, Any] | None) -> Iterator[str]:
    """A plan as settings one by one, the form in which it travels in RunSettings."""
    if isinstance(plan, Mapping):
        yield from _flat_table(plan, "")


def _flat_table(table: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in table.items():
        dotted = f"{prefix}{toml_key(str(key))}"
        if isinstance(value, Mapping):
            yield from _flat_table(value, f"{dotted}.")
        else:
            yield f"{dotted}={toml_value(value)}"

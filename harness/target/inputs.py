"""What is sent to a Runnable when the request itself brings no input.

Runs in the target, where the user's function and the chain's schema are at hand.  A source returns inputs and configs
with their placeholders filled.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from harness.errors import BadInputError
from harness.placeholders import Fill, fill_placeholders
from harness.settings import RunSettings
from harness.target.frames import FrameReader, user_lines
from harness.target.guess import Guess
from harness.target.loader import load_object

Input = tuple[Any, dict[str, Any] | None]
MAX_PROBLEMS = 10  # lines of a bad inputs file that are listed


class Source(Protocol):
    """Where inputs come from."""

    def take(self, user: int, sequence: int) -> Any:
        """An input, or (input, config), or an awaitable of either."""


class Fixed:
    """The same input each time."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def take(self, user: int, sequence: int) -> Any:
        return self._value, None


class Lines:
    """The lines of a JSONL file in turn; each user begins at another."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def take(self, user: int, sequence: int) -> Any:
        return self._values[(user + sequence) % len(self._values)], None


class Function:
    """The user's function of (user, sequence)."""

    def __init__(self, function: Callable[[int, int], Any]) -> None:
        self._function = function

    def take(self, user: int, sequence: int) -> Any:
        return self._function(user, sequence)


class Inputs:
    """Inputs for invocations."""

    def __init__(self, source: Source, config: Mapping[str, Any] | None) -> None:
        self._source = source
        self._config = dict(config or {})

    async def take(self, fill: Fill) -> Input:
        taken = self._source.take(fill.user, fill.sequence)
        if inspect.isawaitable(taken):
            taken = await taken
        value, config = split_config(taken)
        return fill_placeholders(value, fill), fill_placeholders(
            merge_configs(self._config, config), fill
        ) or None

    def configure(self, config: Mapping[str, Any] | None, fill: Fill) -> dict[str, Any] | None:
        """The config of a request that brings its own input."""
        return fill_placeholders(merge_configs(self._config, config), fill) or None


def split_config(taken: Any) -> Input:
    """(input, config) when the function returned such a pair; a pair like ("human", "hi") is an input."""
    if isinstance(taken, tuple) and len(taken) == 2 and (taken[1] is None or isinstance(taken[1], dict)):
        return taken[0], taken[1]
    return taken, None


def merge_configs(base: Mapping[str, Any], over: Mapping[str, Any] | None) -> dict[str, Any]:
    """``over`` wins; dicts one level down (configurable, metadata) are merged, not replaced."""
    merged = dict(base)
    for key, value in (over or {}).items():
        below = merged.get(key)
        merged[key] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def are_given(settings: RunSettings) -> bool:
    """Whether the settings say what to send."""
    return settings.input_json is not None or settings.inputs is not None


def guessed_inputs(settings: RunSettings, guess: Guess) -> Inputs:
    """The inputs when the settings do not say what to send."""
    return Inputs(Fixed(guess.input), merge_configs(guess.config, _config_of(settings)))


async def given_inputs(settings: RunSettings) -> Inputs:
    """The inputs that the settings ask for.  Raises BadInputError."""
    config = _config_of(settings)
    if settings.inputs is None:
        return Inputs(Fixed(msgspec.json.decode(settings.input_json or "null")), config)
    if ":" in settings.inputs:
        return Inputs(await _load_function(settings.inputs), config)
    return Inputs(Lines(read_lines(Path(settings.inputs))), config)


def _config_of(settings: RunSettings) -> dict[str, Any]:
    config: dict[str, Any] = msgspec.json.decode(settings.config_json) if settings.config_json else {}
    return config


def read_lines(path: Path) -> list[Any]:
    """The inputs of a JSONL file, empty lines left out.  Raises BadInputError that lists every bad line."""
    if path.suffix == ".py":
        raise BadInputError(f"inputs is {path}; name the function: {path}:function")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInputError(
            f"the inputs file {path} cannot be read ({reason}); looked in {Path.cwd()}"
        ) from error
    values: list[Any] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            values.append(msgspec.json.decode(line))
        except msgspec.DecodeError as error:
            problems.append(f"{path}:{number}: not JSON ({error}): {line[:60]!r}")
    if problems:
        more = (
            [f"and {len(problems) - MAX_PROBLEMS} more lines like these"]
            if len(problems) > MAX_PROBLEMS
            else []
        )
        raise BadInputError("\n".join([*problems[:MAX_PROBLEMS], *more, "give one JSON value a line"]))
    if not values:
        raise BadInputError(f"the inputs file {path} holds no input; give one JSON value a line")
    return values


async def _load_function(name: str) -> Function:
    """The function, called once to see that it works."""
    function = load_object(name).value
    if not callable(function):
        raise BadInputError(
            f"--inputs {name} is {type(function).__name__}; it must be a function of (user, sequence)"
        )
    try:
        inspect.signature(function).bind(0, 0)
    except TypeError as error:
        raise BadInputError(
            f"--inputs {name} is called as fn(user, sequence), and cannot be: {error}"
        ) from error
    except ValueError:  # built-in callables have no signature: calling tells
        pass
    source = Function(function)
    try:
        await Inputs(source, None).take(Fill(user=0, sequence=0, canary="canary"))
    except (Exception, SystemExit) as error:  # whatever the user's function does
        lines = user_lines(FrameReader().of_error(error))
        words = [
            f"--inputs {name} failed for user 0, sequence 0:",
            *lines,
            f"{type(error).__name__}: {error}",
        ]
        raise BadInputError("\n".join(words)) from error
    return source

"""Text from the command line to values, with errors that say what is allowed.  Pure."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.errors import BadInputError
from harness.settings import CLIMB

AUTO = "auto"
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?")
_UNIT_S = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}|localhost|::1")
_SCENARIO_MODULES = ("harness.load", "locust")


def parse_duration(option: str, text: str) -> float:
    """Seconds of "10s", "500ms", "2m" or "10".  Raises BadInputError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise BadInputError(f"{option} is {text!r}; give a duration such as 10s, 500ms or 2m")
    return float(match.group(1)) * _UNIT_S[match.group(2)]


def parse_steps(text: str) -> dict[str, Any]:
    """Fields of the settings for "1,5,20" or "auto".

    Raises BadInputError; order and size are judged with the other settings.
    """
    if text.strip() == AUTO:
        return {"steps": CLIMB, "climbs": True}
    parts = [part.strip() for part in text.split(",")]
    junk = [part for part in parts if not re.fullmatch(r"[+-]?\d{1,9}", part)]
    if junk:
        raise BadInputError(
            f"--steps is {text!r}: {', '.join(map(repr, junk))} is no whole number; give ascending numbers of users, "
            "e.g. --steps 1,5,20,50, or auto"
        )
    return {"steps": tuple(map(int, parts)), "climbs": False}


def parse_arrivals(text: str) -> tuple[float, ...]:
    """Requests a second of "5,10,20/s".  Raises BadInputError; order and size are judged with the other settings."""
    parts = [part.strip().removesuffix("/s").strip() for part in text.split(",")]
    junk = [part for part in parts if not re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", part)]
    if junk:
        raise BadInputError(
            f"--arrivals is {text!r}: {', '.join(map(repr, junk))} is no rate; give ascending numbers of requests a "
            "second, e.g. --arrivals 5,10,20/s"
        )
    return tuple(map(float, parts))


def find_loopback_problem(url: str) -> str | None:
    """Why a URL cannot be a target; None when it can."""
    parts = urlsplit(url)
    if parts.hostname is None:
        return f"the target {url!r} has no host; give e.g. http://127.0.0.1:8000"
    if not _LOOPBACK.fullmatch(parts.hostname):
        return (
            f"the target {url!r} is on {parts.hostname}; load is only sent to this machine (127.0.0.1, localhost, "
            "[::1]); start the service here, or forward its port"
        )
    return None


def find_target_problem(target: str, working_directory: Path) -> str | None:
    """What is plainly wrong with a target, seen without importing it; None when nothing is."""
    if target.startswith(("http://", "https://")):
        return find_loopback_problem(target)
    path_text, _, _name = target.partition(":")
    if not path_text:
        return (
            f"the target {target!r} names no file or module; give path/to/file.py:name or package.module:name"
        )
    if path_text.endswith(".py") or "/" in path_text:
        path = working_directory / path_text
        if path.is_dir():
            return f"{path_text} is a directory; give path/to/file.py:name or package.module:name"
        if not path.is_file():
            return (
                f"there is no file {path_text} (looked in {working_directory.resolve()}){_near_misses(path)}"
            )
    return None


def is_scenario(target: str, working_directory: Path) -> bool:
    """Whether a file is a locustfile rather than a chain: it imports Locust, or our classes for it."""
    if not target.endswith(".py"):
        return False
    try:
        tree = ast.parse((working_directory / target).read_bytes())
    except (OSError, SyntaxError, ValueError):  # said better by whoever loads it
        return False
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    return any(
        name == module or name.startswith(module + ".") for name in imported for module in _SCENARIO_MODULES
    )


def name_of(target: str) -> str:
    """A short name for a run of this target: "app/chain.py:build" -> "chain-build"."""
    if target.startswith(("http://", "https://")):
        return urlsplit(target).netloc
    path_text, _, name = target.partition(":")
    stem = path_text.removesuffix(".py").replace("\\", "/").rsplit("/", 1)[-1]
    return f"{stem}-{name}" if name else stem


def _near_misses(path: Path) -> str:
    """Files of that name elsewhere below here, so that a wrong folder is seen at once."""
    try:
        found = sorted(p for p in path.parent.glob("*.py"))[:5] if path.parent.is_dir() else []
    except OSError:
        found = []
    return f"; {path.parent} has {', '.join(p.name for p in found)}" if found else ""

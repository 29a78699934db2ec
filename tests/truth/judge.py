"""Whether a verdict is right, given what was planted.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from expected import Expected

HEALTHY = "healthy"
USERS_TOLERANCE = 0.25  # of the planted saturation point
NO_BLAME = {"unknown"}  # says that something grew, accuses nobody
DEFECT = "that is a defect of chainload"  # in a notice: a cause could not be asked


def first_cause(verdict: dict[str, Any]) -> str:
    """The cause named first; "none" when there is no finding."""
    findings = verdict["findings"]
    return str(findings[0]["cause"]) if findings else "none"


def problems_of_broken(verdict: dict[str, Any], *, cause: str, target: str, expected: Expected) -> list[str]:
    """What is wrong with the verdict on a chain in which ``cause`` is planted; empty when it is right."""
    found = first_cause(verdict)
    if found != cause:
        return [*_defects(verdict), f"the first finding is {found}, planted is {cause}"]
    problems = [*_defects(verdict), _place_problem(verdict["findings"][0]["location"], target, expected)]
    problems += [_users_problem(verdict["saturation"], expected.users)]
    return [problem for problem in problems if problem]


def problems_of_clean(verdict: dict[str, Any], *, limits: Sequence[str] = ()) -> list[str]:
    """The accusations in the verdict on a chain that has done nothing wrong.

    limits: causes that rightly limit it, such as a provider of finite size.  That the framework's own work uses the CPU
    is true of every chain in the end, and accuses no line.
    """
    return _defects(verdict) + [
        f"it is accused of {finding['cause']}: {finding['summary']}"
        for finding in verdict["findings"]
        if finding["cause"] not in {*NO_BLAME, *limits} and not _is_framework(finding)
    ]


def _defects(verdict: dict[str, Any]) -> list[str]:
    return [notice for notice in verdict["health"]["notices"] if DEFECT in notice]


def _is_framework(finding: dict[str, Any]) -> bool:
    return finding["cause"] == "cpu_bound" and finding["location"] is None


def _place_problem(location: dict[str, Any] | None, target: str, expected: Expected) -> str | None:
    if not expected.is_placed:
        return None
    if location is None:
        return f"no place is named; it is {_place_words(expected)}"
    file = expected.file or Path(target.partition(":")[0]).name
    function = str(location["function"] or "").rpartition(".")[2]
    is_right = (
        Path(location["file"]).name == file
        and (not expected.functions or function in expected.functions)
        and expected.code in (location["code"] or "")
    )
    if is_right:
        return None
    seen = f"{location['file']}:{location['line']} in {location['function']}: {location['code']}"
    return f"the place named is {seen}; it is {_place_words(expected)}"


def _place_words(expected: Expected) -> str:
    return f"`{expected.code}` in {' or '.join(expected.functions) or 'the module'}"


def _users_problem(saturation: dict[str, Any], users: float | None) -> str | None:
    if users is None:
        return None
    found = saturation["users"]
    if found is None:
        return f"no saturation point ({saturation['status']}: {saturation['reason']}); it is {users:g} users"
    if abs(found - users) <= USERS_TOLERANCE * users:
        return None
    return f"saturation at {found:.1f} users; it is {users:g}"

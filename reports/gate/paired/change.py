"""Which cause changed between two runs, and at which line: why head is slower.  Pure."""

from __future__ import annotations

from reports.attribution.capacity import agrees
from reports.gate.subject import Subject
from reports.units import format_seconds
from reports.verdict import Finding, Location
from reports.words import name_cause, say_place

UNKNOWN = "unknown"  # the cause that stands for none
GREW = 1.03  # a hold time that is longer by less is noise


def explain_change(base: Subject, head: Subject) -> tuple[str, Location | None]:
    """A sentence, and the line in head to look at; when nothing is known it says so."""
    new = _find_new_defect(base, head)
    if new is not None:
        return f"New: {_name(new)}{_at(new)}: {new.summary}", new.location
    now, before = head.limit, base.limit
    if now is None or now.cause == UNKNOWN:
        return (
            f"What limits head is not known; `chainload compare {base.directory} {head.directory}` shows what grew.",
            head.place,
        )
    if before is None or before.cause != now.cause or _file_of(before) != _file_of(now):
        was = (
            f"; it was {_name(before)}{_at(before)} in base" if before else ", and nothing was found in base"
        )
        return f"{_name(now)} now limits you{_at(now)}{was}.", now.location
    return _say_same(now, before), now.location


def _say_same(now: Finding, before: Finding) -> str:
    """The same cause limits both: less room in it, or held longer."""
    here = f"{name_cause(now.cause)}{_at(now)}"
    room, room_before = _capacity(now), _capacity(before)
    if room is not None and room_before is not None and room != room_before:
        return f"{here} lets {room:g} through at a time, {room_before:g} in base."
    holds = [finding.proof.hold_s for finding in (now, before) if finding.proof and agrees(finding.proof)]
    if len(holds) == 2 and holds[0] > GREW * holds[1]:
        return f"{here} is held {format_seconds(holds[0])} by a request, {format_seconds(holds[1])} in base."
    return f"{here} limits both."


def _find_new_defect(base: Subject, head: Subject) -> Finding | None:
    """One that is well supported; by file and function, since lines move when code is edited."""
    known = {_identify(finding) for finding in base.verdict.findings}
    found = (finding for finding in head.verdict.findings if finding.role == "defect")
    return next((f for f in found if f.confidence != "low" and _identify(f) not in known), None)


def _identify(finding: Finding) -> tuple[str, str | None, str | None]:
    return finding.cause, _file_of(finding), finding.location.function if finding.location else None


def _file_of(finding: Finding) -> str | None:
    return finding.location.file if finding.location else None


def _capacity(finding: Finding) -> float | None:
    return finding.proof.capacity if finding.proof else None


def _name(finding: Finding) -> str:
    capacity = _capacity(finding)
    return name_cause(finding.cause) + (f" (capacity {capacity:g})" if capacity is not None else "")


def _at(finding: Finding) -> str:
    return f" at {say_place(finding.location)}" if finding.location else ""

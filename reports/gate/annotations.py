"""What did not pass as GitHub annotations, at the line that is to blame.  Pure: text out.

A message may hold what a chain raised: unescaped, a line of it could be a command to the runner.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from reports.gate.criteria import CriterionResult, GateVerdict
from reports.gate.words import list_open, say_gate
from reports.plain_text import one_line

MOST = 10  # of a kind: GitHub shows no more of a step
LONGEST = 2000


def list_annotations(gate: GateVerdict, *, working_directory: Path, root: Path | None) -> list[str]:
    """A line each: errors for what failed, warnings for what cannot be told.

    root: of the repository, which annotated paths start at; None: the working directory.
    """
    lines = [_annotate(result, working_directory, root) for result in list_open(gate)]
    if not lines and gate.status != "passed":
        return [f"::warning title=chainload gate::{escape_data(say_gate(gate))}"]
    return [*_limit(lines, "error"), *_limit(lines, "warning")]


def _limit(lines: list[str], kind: str) -> Iterator[str]:
    own = [line for line in lines if line.startswith(f"::{kind} ")]
    if len(own) <= MOST:
        yield from own
        return
    yield from own[: MOST - 1]
    yield f"::{kind} title=chainload gate::{len(own) - MOST + 1} more; see the table of the gate"


def _annotate(result: CriterionResult, working_directory: Path, root: Path | None) -> str:
    kind = "error" if result.status == "failed" else "warning"
    title = f"title={escape_property(f'{result.scenario}: {result.name}')}"
    place = result.location
    parts = [title]
    if place is not None:
        file = _relative(place.file, working_directory, root or working_directory)
        parts = [f"file={escape_property(file)}", f"line={place.line}", title]
    return f"::{kind} {','.join(parts)}::{escape_data(one_line(result.reason, longest=LONGEST))}"


def _relative(file: str, working_directory: Path, root: Path) -> str:
    """From the repository's root; as it is when it lies outside."""
    path = os.path.normpath(working_directory.absolute() / file)
    start = os.path.normpath(root.absolute())
    return os.path.relpath(path, start) if path.startswith(start + os.sep) else file


def escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")

"""Where a gate's verdict is read: terminal, JSON, JUnit file, GitHub's summary page and annotations."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console

from harness.errors import BadInputError
from harness.gate import encode_gate
from harness.run_directory import write_whole
from reports.gate.annotations import list_annotations
from reports.gate.criteria import GateVerdict
from reports.gate.junit import render_junit
from reports.gate.markdown import render_gate
from reports.gate.terminal import print_gate


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOutputs:
    """What is wanted beside the words on the terminal."""

    as_json: bool = False
    junit: Path | None = None
    summary: Path | None = None  # a file that Markdown is appended to
    annotates: bool = False
    root: Path | None = None  # of the repository, which annotated paths start at


def choose_outputs(
    environment: Mapping[str, str], *, as_json: bool, junit: Path | None, github: bool
) -> GateOutputs:
    """In a GitHub job its summary page and annotations come by themselves."""
    is_github = github or environment.get("GITHUB_ACTIONS") == "true"
    summary, root = environment.get("GITHUB_STEP_SUMMARY"), environment.get("GITHUB_WORKSPACE")
    return GateOutputs(
        as_json=as_json,
        junit=junit,
        summary=Path(summary) if is_github and summary else None,
        annotates=is_github,
        root=Path(root) if root else None,
    )


def show_gate(gate: GateVerdict, outputs: GateOutputs) -> None:
    """Raises BadInputError, after all else was shown, when a file cannot be written."""
    print_gate(gate, Console(stderr=outputs.as_json))
    if outputs.annotates:
        for line in list_annotations(gate, working_directory=Path.cwd(), root=outputs.root):
            typer.echo(line, err=outputs.as_json)  # the runner reads both streams
    if outputs.as_json:
        typer.echo(encode_gate(gate), nl=False)
    try:
        _write_files(gate, outputs)
    except OSError as error:
        raise BadInputError(
            f"{error.filename or outputs.junit} cannot be written ({error.strerror}); choose another file"
        ) from error


def _write_files(gate: GateVerdict, outputs: GateOutputs) -> None:
    if outputs.junit is not None:
        outputs.junit.parent.mkdir(parents=True, exist_ok=True)
        timestamp = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        write_whole(outputs.junit, render_junit(gate, timestamp=timestamp, hostname=socket.gethostname()))
    if outputs.summary is not None:
        with outputs.summary.open("a", encoding="utf-8") as file:
            file.write(render_gate(gate, _read_summaries(gate)))


def _read_summaries(gate: GateVerdict) -> list[str]:
    """Of the runs of a gate that did not pass: what limits them is the next question."""
    if gate.status == "passed":
        return []
    paths = [Path(run.directory) / "summary.md" for run in gate.runs]
    return [path.read_text(encoding="utf-8") for path in paths if path.is_file()]


def check_outputs(outputs: GateOutputs) -> None:
    """Before minutes are spent.  Raises BadInputError."""
    if outputs.junit is not None and outputs.junit.is_dir():
        raise BadInputError(f"--junit is {outputs.junit}, a directory; give the path of a file")

"""A gate's verdict on a terminal, or in the log of a CI job."""

from __future__ import annotations

from rich.console import Console

from reports.gate.criteria import CriterionResult, GateVerdict, Status
from reports.gate.words import list_open, make_gate_table, say_gate, say_result, say_result_place
from reports.terminal import print_row, print_table

_TONES: dict[Status, str] = {"passed": "bold green", "failed": "bold red", "inconclusive": "bold yellow"}


def print_gate(gate: GateVerdict, console: Console) -> None:
    """The verdict, a row a criterion, and why each that did not pass did not."""
    print_row(console, "", "")
    print_row(console, "", say_gate(gate), _TONES[gate.status])
    for run in gate.runs:
        print_row(console, "", f"{run.scenario}: {run.answer}")
    print_row(console, "", "")
    print_table(console, make_gate_table(gate), left=1)
    for result in list_open(gate):
        _print_open(console, result)
    for run in gate.runs:
        print_row(console, "Run", run.directory)


def _print_open(console: Console, result: CriterionResult) -> None:
    label = "Failed" if result.status == "failed" else "Unclear"
    print_row(console, label, say_result(result), _TONES[result.status])
    place = say_result_place(result)
    if place:
        print_row(console, "Where", place, "bold")
    code = result.location.code if result.location else None
    if code:
        print_row(console, " ", code, "dim")

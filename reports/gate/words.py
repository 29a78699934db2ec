"""A gate in sentences and tables, the same on terminal, page and in Markdown.  Pure."""

from __future__ import annotations

from reports.gate.criteria import CriterionResult, GateVerdict, Status
from reports.gate.judging import say
from reports.plain_text import fold, one_line
from reports.step_table import Table
from reports.units import MISSING
from reports.words import say_place

MARKS: dict[Status, str] = {"passed": "pass", "failed": "FAIL", "inconclusive": "unclear"}


def say_gate(gate: GateVerdict) -> str:
    """The sentence that answers first."""
    count = len(gate.results)
    if not count:
        return "Gate inconclusive: nothing was judged."
    if gate.status == "passed":
        return f"Gate passed: {count} of {count} criteria."
    failed, unclear = count_of(gate, "failed"), count_of(gate, "inconclusive")
    parts = [f"{failed} failed"] if failed else []
    parts += [f"{unclear} cannot be told"] if unclear else []
    return f"Gate {gate.status}: of {_criteria(count)}, {' and '.join(parts)}.{_say_lenient(gate)}"


def _say_lenient(gate: GateVerdict) -> str:
    """An inconclusive gate that lets a change through says that it did not pass."""
    if gate.exit_code or gate.status != "inconclusive":
        return ""
    return " That is no pass: --strict makes it an error (exit code 3)."


def _criteria(count: int) -> str:
    return "1 criterion" if count == 1 else f"{count:,} criteria"


def count_of(gate: GateVerdict, status: Status) -> int:
    return sum(result.status == status for result in gate.results)


def list_open(gate: GateVerdict) -> list[CriterionResult]:
    """What did not pass: the failed first."""
    open_ones = [result for result in gate.results if result.status != "passed"]
    return sorted(open_ones, key=lambda result: result.status != "failed")


def make_gate_table(gate: GateVerdict) -> Table:
    """A row a criterion; the scenario only where there are several."""
    is_several = len({result.scenario for result in gate.results}) > 1
    return Table(
        caption="What the gate asked for",
        columns=["Criterion", *(["Scenario"] if is_several else []), "Measured", "Asked for", "Result"],
        rows=[
            [
                one_line(result.name),
                *([one_line(result.scenario)] if is_several else []),
                show_value(result.observed, result.unit),
                show_value(result.threshold, result.unit),
                MARKS[result.status],
            ]
            for result in gate.results
        ],
    )


def show_value(value: float | str | None, unit: str) -> str:
    if value is None:
        return MISSING
    return one_line(value) if isinstance(value, str) else say(value, unit)


def say_result(result: CriterionResult) -> str:
    """ "min_users: the saturation point is 5 users …"; on one line: others could be commands to a CI runner."""
    return f"{one_line(result.name)}: {fold(result.reason)}"


def say_result_place(result: CriterionResult) -> str | None:
    return None if result.location is None else say_place(result.location)

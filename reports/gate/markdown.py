"""A gate's verdict as Markdown, for the summary page of a CI job.  Pure; foreign text makes no markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.gate.criteria import GateVerdict
from reports.gate.words import list_open, make_gate_table, say_gate, say_result, say_result_place
from reports.plain_text import markdown_code, markdown_prose
from reports.summary import draw_table

MOST_BYTES = 1_000_000  # GitHub takes a mebibyte a step, and none of it when there is more


def render_gate(gate: GateVerdict, summaries: Sequence[str] = ()) -> str:
    """The whole text.  summaries: of the runs, as their summary.md has them; left out where there is no room."""
    text = "\n\n".join(_list_blocks(gate)) + "\n"
    for summary in summaries:
        if len((text + summary).encode()) < MOST_BYTES:
            text += f"\n{summary}"
    return text


def _list_blocks(gate: GateVerdict) -> Iterator[str]:
    mark = {"passed": "✅", "failed": "❌", "inconclusive": "⚠️"}[gate.status]
    yield f"## {mark} {markdown_prose(say_gate(gate))}"
    rows = [_tell(say_result(result), say_result_place(result)) for result in list_open(gate)]
    if rows:
        yield "\n".join(rows)
    if gate.results:
        yield draw_table(make_gate_table(gate))
    for run in gate.runs:
        yield f"{markdown_code(run.scenario)}: {markdown_prose(run.answer)} ({markdown_code(run.directory)})"


def _tell(words: str, place: str | None) -> str:
    return f"- {markdown_prose(words)}" + (f" → {markdown_code(place)}" if place else "")

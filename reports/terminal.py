"""The verdict on a terminal, in the same words as the page.

On a screen it has colours and wraps; into a file or a pipe it is plain and each sentence stays on one line, so that it
can be searched.  Foreign text is cleaned before it is printed: it steers no terminal, and is no markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from reports.finding_words import FindingWords, say_no_finding, tell_findings
from reports.next_command import make_next_command
from reports.open_loop_words import say_open_loop
from reports.plain_text import clean_text
from reports.probe_overhead import say_probe_overhead
from reports.step_table import Table, make_step_table
from reports.time_table import make_time_table
from reports.verdict import Verdict
from reports.words import list_health_warnings, say_next_step, say_verdict, tone_of

LABEL_WIDTH = 10
_ASCII = str.maketrans({"–": "-", "·": "|", "±": "+/-", "…": "...", "’": "'", "²": "2", "−": "-"})
_TONES = {
    "saturated": "bold cyan",
    "saturated_from_first_step": "bold cyan",
    "not_reached": "bold green",
    "defect": "bold red",
}


def print_verdict(verdict: Verdict, console: Console, *, report: Path | None) -> None:
    """Everything that matters.  report: where the page is; None when none was written."""
    tone = _TONES.get(tone_of(verdict), "bold yellow")
    _print(console, "")
    _print_row(console, "", say_verdict(verdict), tone, indent=0)
    for warning in list_health_warnings(verdict):
        _print_row(console, "", f"! {warning}", "yellow", indent=0)
    _print(console, "")
    _print_findings(console, verdict)
    _print_times(console, verdict)
    _print_steps(console, verdict)
    for sentence in say_open_loop(verdict):
        _print_row(console, "Arrivals", sentence)
    _print_next(console, verdict, report)


def _print_findings(console: Console, verdict: Verdict) -> None:
    findings = tell_findings(verdict)
    if not findings:
        _print_row(console, "Cause", say_no_finding(verdict))
        _print(console, "")
    for finding in findings:
        for label, text, style in _list_rows(finding):
            _print_row(console, label, text, style)
        _print(console, "")


def _list_rows(finding: FindingWords) -> Iterator[tuple[str, str, str]]:
    """Label, text and style of each line."""
    yield finding.label, finding.heading, "bold"
    yield "", finding.standing, "dim"
    yield "", finding.summary, ""
    if finding.place:
        yield "Where", finding.place, "bold"
    if finding.code:
        yield "", finding.code, "dim"
    for index, line in enumerate(finding.evidence):
        yield "" if index else "Evidence", f"- {line}", ""
    if finding.proof:
        yield "Proof", finding.proof, ""
    yield "Fix", finding.fix, "bold"


def _print_times(console: Console, verdict: Verdict) -> None:
    times = make_time_table(verdict)
    if times is None:
        return
    print_table(console, times.table, left=1)


def _print_steps(console: Console, verdict: Verdict) -> None:
    if not verdict.steps:
        return
    print_table(console, make_step_table(verdict.steps, compact=True))


def _print_next(console: Console, verdict: Verdict, report: Path | None) -> None:
    step, command = say_next_step(verdict), make_next_command(verdict)
    if step:
        _print_row(console, "Next", step)
    if command:
        _print(console, " " * LABEL_WIDTH + command, style="bold")
    overhead = say_probe_overhead(verdict.health.probe_overhead)
    if overhead:
        _print_row(console, "Probes", overhead)
    if report is not None:
        _print(console, f"{'Report':{LABEL_WIDTH}}{report}")


def print_table(console: Console, table: Table, *, left: int = 0) -> None:
    """Columns of equal width and an empty line; nothing when there are no rows."""
    if not table.rows:
        return
    for index, line in enumerate(align_columns(table, left=left)):
        _print(console, line.rstrip(), style="" if index else "dim")
    _print(console, "")


def print_row(console: Console, label: str, text: str, style: str = "") -> None:
    """A sentence from the left edge; ``label`` stands before it where there is one."""
    _print_row(console, label, text, style, indent=LABEL_WIDTH if label else 0)


def align_columns(table: Table, *, left: int = 0) -> list[str]:
    """The table as lines, the titles first; the first ``left`` columns to the left, numbers to the right."""
    lines = [list(table.columns), *map(list, table.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    return [
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]


def _print_row(
    console: Console, label: str, text: str, style: str = "", *, indent: int = LABEL_WIDTH
) -> None:
    """A label and its text; what wraps goes on below the text, not below the label."""
    lines = Text(text).wrap(console, max(20, console.width - indent)) if console.is_terminal else [Text(text)]
    for index, line in enumerate(lines):
        row = f"{'' if index else label:{indent}}{line.plain.rstrip()}"
        _print(console, row, style=style, label_width=indent)


def _print(console: Console, line: str, *, style: str = "", label_width: int = 0) -> None:
    """One line, never wrapped: a path or a command can be copied, a sentence in a file can be found."""
    text = Text(_encodable(clean_text(line), console.encoding))
    text.stylize(style, label_width)
    text.stylize("dim", 0, label_width)
    console.print(text, highlight=False, soft_wrap=True)


def _encodable(text: str, encoding: str) -> str:
    """What the stream cannot carry is replaced, typography by its nearest plain form."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_ASCII).encode("ascii", "replace").decode()
    return text

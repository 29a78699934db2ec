"""The verdict as Markdown, for pull requests and CI pages.  Pure; the words are those of page and terminal.

Foreign text stands in code spans or is escaped: it makes no link, no mention and no markup.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.finding_words import FindingWords, say_no_finding, tell_findings
from reports.next_command import make_next_command
from reports.plain_text import escape_markdown, markdown_code, markdown_prose
from reports.step_table import Table, make_error_table, make_step_table
from reports.verdict import Verdict
from reports.words import list_health_warnings, say_next_step, say_verdict

MOST_ERRORS = 5


def render_summary(verdict: Verdict) -> str:
    """The whole file."""
    return "\n\n".join([f"## {markdown_prose(say_verdict(verdict))}", *_list_blocks(verdict)]) + "\n"


def _list_blocks(verdict: Verdict) -> Iterator[str]:
    warnings = list_health_warnings(verdict)
    if warnings:
        yield "\n".join(f"> ⚠ {markdown_prose(warning)}  " for warning in warnings)
    findings = tell_findings(verdict)
    if not findings:
        yield markdown_prose(say_no_finding(verdict))
    yield from map(_tell, findings)
    if verdict.steps:
        yield draw_table(make_step_table(verdict.steps, compact=True))
    errors = make_error_table(verdict.steps, most=MOST_ERRORS)
    if errors.rows:
        yield draw_table(errors)
    step, command = say_next_step(verdict), make_next_command(verdict)
    if step:
        yield f"**Next:** {markdown_prose(step)}" + (f" {markdown_code(command)}" if command else "")


def _tell(finding: FindingWords) -> str:
    lines = [
        f"**{finding.label}: {escape_markdown(finding.heading)}** ({escape_markdown(finding.standing)})  ",
        f"{markdown_prose(finding.summary)}",
        "",
    ]
    if finding.place:
        code = f": {markdown_code(finding.code)}" if finding.code else ""
        lines.append(f"- Where: {markdown_code(finding.place)}{code}")
    lines += [f"- Evidence: {markdown_prose(line)}" for line in finding.evidence]
    if finding.proof:
        lines.append(f"- Proof: {escape_markdown(finding.proof)}")
    return "\n".join([*lines, f"- Fix: {markdown_prose(finding.fix)}"])


def draw_table(table: Table) -> str:
    """The first column to the left when it holds words; a code span keeps a message as it is."""
    is_words = any(not cell.replace(",", "").isdigit() for cell in (row[0] for row in table.rows))
    head = [escape_markdown(title) for title in table.columns]
    rule = [":--" if is_words and index == 0 else "--:" for index in range(len(head))]
    rows = [[_table_code(row[0]) if is_words else row[0], *row[1:]] for row in table.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rows))


def _table_code(text: str) -> str:
    return markdown_code(text).replace("|", r"\|")  # in a table, a bar ends the cell even inside code

"""A table as titles and cells of text, drawn alike by terminal, page and summary.md; and the table of steps.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from reports.units import (
    MISSING,
    format_count,
    format_number,
    format_ratio,
    format_seconds,
    format_with_margin,
)
from reports.verdict import StepSummary

NORMAL_95 = 1.96  # standard errors to either side of a 95 % interval


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of text; the first column names the row.  An empty table has no rows, never rows of dashes."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class StepColumn(msgspec.Struct, frozen=True):
    """A column of the table of steps; ``is_optional`` ones are left out when no step has a value."""

    title: str
    cell: Callable[[StepSummary], str]
    is_optional: bool = False
    is_compact: bool = True  # shown where there is little room


def _throughput(step: StepSummary) -> str:
    error = step.throughput_se_per_s
    return format_with_margin(step.throughput_per_s, None if error is None else NORMAL_95 * error)


def _steady(step: StepSummary) -> str:
    return {True: "yes", False: "no", None: MISSING}[step.is_steady]


STEP_COLUMNS = (
    StepColumn("Users", lambda step: format_count(step.users)),
    StepColumn("Answers/s", _throughput),
    StepColumn("p50", lambda step: format_seconds(step.response_p50_s)),
    StepColumn("p95", lambda step: format_seconds(step.response_p95_s)),
    StepColumn("p99", lambda step: format_seconds(step.response_p99_s), is_compact=False),
    StepColumn("Errors", lambda step: format_ratio(step.error_ratio)),
    StepColumn("429s", lambda step: format_count(step.rate_limited_count), is_optional=True),
    StepColumn("First token p50", lambda step: format_seconds(step.first_token_p50_s), True, False),
    StepColumn("First token p95", lambda step: format_seconds(step.first_token_p95_s), True, False),
    StepColumn("Token gap p50", lambda step: format_seconds(step.token_gap_p50_s), True, False),
    StepColumn("Calls/request", lambda step: format_number(step.attempts_per_request), True, False),
    StepColumn("Efficiency", lambda step: format_ratio(step.efficiency)),
    StepColumn("Steady", _steady, is_compact=False),
    StepColumn("Requests", lambda step: format_count(step.sample_count), is_compact=False),
    StepColumn("Cut off", lambda step: format_count(step.censored_count), is_compact=False),
    StepColumn("Window", lambda step: format_seconds(step.window_s), is_compact=False),
    StepColumn("Warm-up", lambda step: format_seconds(step.warmup_s), is_compact=False),
)


def make_step_table(steps: Sequence[StepSummary], *, compact: bool = False) -> Table:
    """Every step, a row each, in the order it was run."""
    columns = [c for c in STEP_COLUMNS if (c.is_compact or not compact) and _is_wanted(c, steps)]
    return Table(
        caption="Steps, warm-up cut off; response times are of good answers",
        columns=[column.title for column in columns],
        rows=[[column.cell(step) for column in columns] for step in steps],
    )


def _is_wanted(column: StepColumn, steps: Sequence[StepSummary]) -> bool:
    return not column.is_optional or any(column.cell(step) != MISSING for step in steps)


def make_error_table(steps: Sequence[StepSummary], *, most: int = 20) -> Table:
    """Messages by how often they came, with the count at each number of users."""
    totals: dict[str, int] = {}
    for step in steps:
        for message, count in step.errors.items():
            totals[message] = totals.get(message, 0) + count
    ordered = sorted(totals, key=lambda message: (-totals[message], message))[:most]
    failing = [step for step in steps if step.errors]
    return Table(
        caption="Errors by kind, most frequent first",
        columns=["Error", "All", *(f"at {step.users:,}" for step in failing)],
        rows=[
            [
                message,
                format_count(totals[message]),
                *(format_count(step.errors.get(message, 0)) for step in failing),
            ]
            for message in ordered
        ],
    )

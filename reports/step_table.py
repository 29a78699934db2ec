"""A table as titles and cells of text, drawn alike by terminal, page and summary.md; and the table of steps.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from reports.error_groups import error_kind, group_errors
from reports.plain_text import one_line
from reports.units import (
    MISSING,
    format_count,
    format_number,
    format_ratio,
    format_seconds,
    format_with_margin,
)
from reports.verdict import StepSummary

LONGEST_MESSAGE = 400  # the whole of it is in verdict.json
NORMAL_95 = 1.96  # standard errors to either side of a 95 % interval

PURPOSE_WORDS = {
    "refinement": "to narrow down",
    "evidence": "where full",
    "repeat": "once more",
    "open_loop": "open loop",
    "pair": "pair",
}


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


def _purpose(step: StepSummary) -> str:
    return PURPOSE_WORDS.get(step.purpose, MISSING)


def _steady(step: StepSummary) -> str:
    return {True: "yes", False: "no", None: MISSING}[step.is_steady]


STEP_COLUMNS = (
    StepColumn("Users", lambda step: format_count(step.users)),
    StepColumn("Added", _purpose, is_optional=True),
    StepColumn("Answers/s", _throughput),
    StepColumn("p50", lambda step: format_seconds(step.response_p50_s)),
    StepColumn("p95", lambda step: format_seconds(step.response_p95_s)),
    StepColumn("p99", lambda step: format_seconds(step.response_p99_s), is_compact=False),
    StepColumn("Errors", lambda step: format_ratio(step.error_ratio)),
    StepColumn("429s", lambda step: format_count(step.rate_limited_count), is_optional=True),
    StepColumn("First token p50", lambda step: format_seconds(step.first_token_p50_s), True, False),
    StepColumn("First token p95", lambda step: format_seconds(step.first_token_p95_s), True, False),
    StepColumn("Token gap p50", lambda step: format_seconds(step.token_gap_p50_s), True, False),
    StepColumn("Longest gap p95", lambda step: format_seconds(step.token_gap_max_p95_s), True, False),
    StepColumn("Tokens/s", lambda step: format_number(step.tokens_per_s), True),
    StepColumn("Calls/request", lambda step: format_number(step.attempts_per_request), True, False),
    StepColumn("Efficiency", lambda step: format_ratio(step.efficiency)),
    StepColumn("Steady", _steady, is_compact=False),
    StepColumn("Requests", lambda step: format_count(step.sample_count), is_compact=False),
    StepColumn("Cut off", lambda step: format_count(step.censored_count), is_compact=False),
    StepColumn("Window", lambda step: format_seconds(step.window_s), is_compact=False),
    StepColumn("Warm-up", lambda step: format_seconds(step.warmup_s), is_compact=False),
)


def make_step_table(steps: Sequence[StepSummary], *, compact: bool = False) -> Table:
    """Every step, a row each, in the order given."""
    columns = [c for c in STEP_COLUMNS if (c.is_compact or not compact) and _is_wanted(c, steps)]
    return Table(
        caption="Steps, warm-up cut off; response times are of good answers",
        columns=[column.title for column in columns],
        rows=[[column.cell(step) for column in columns] for step in steps],
    )


def _is_wanted(column: StepColumn, steps: Sequence[StepSummary]) -> bool:
    return not column.is_optional or any(column.cell(step) != MISSING for step in steps)


def make_error_table(steps: Sequence[StepSummary], *, most: int = 20) -> Table:
    """Kinds of errors by how often they came, with the count at each number of users."""
    totals = group_errors(item for step in steps for item in step.errors.items())
    failing = [step for step in steps if step.errors]
    return Table(
        caption="Errors by kind, most frequent first",
        columns=["Error", "All", *(f"at {step.users:,}" for step in failing)],
        rows=[
            [
                one_line(message, longest=LONGEST_MESSAGE),
                format_count(total),
                *(format_count(_count_kind(step, message)) for step in failing),
            ]
            for message, total in list(totals.items())[:most]
        ],
    )


def _count_kind(step: StepSummary, message: str) -> int:
    kind = error_kind(message)
    return sum(count for other, count in step.errors.items() if error_kind(other) == kind)


def make_call_table(steps: Sequence[StepSummary]) -> Table:
    """What requests and their provider calls came to at each step; a column for each way that occurred."""
    kinds = list(dict.fromkeys(kind for step in steps for kind in step.calls or {}))
    return Table(
        caption="Failed requests, and provider calls by how they ended",
        columns=["Users", "Requests", "Failed", "Calls", "Retries", *map(_title_call, kinds)],
        rows=[
            [
                format_count(step.users),
                format_count(step.sample_count),
                format_count(step.error_count),
                format_count(None if step.calls is None else sum(step.calls.values())),
                format_count(step.retry_count),
                *(format_count(None if step.calls is None else step.calls.get(kind, 0)) for kind in kinds),
            ]
            for step in steps
        ],
    )


def _title_call(kind: str) -> str:
    return {"ok": "Good", "rate_limited": "429s"}.get(kind, kind.replace("_", " ").capitalize())

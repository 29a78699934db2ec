"""A comparison in sentences, the same on page and terminal.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reports.comparison import Comparison
from reports.plain_text import one_line
from reports.states import name_state
from reports.step_table import Table
from reports.units import (
    format_added_seconds,
    format_answer_rate,
    format_count,
    format_number,
    format_rate,
    format_ratio,
    format_seconds,
    format_user_interval,
    format_users,
)
from reports.verdict import Finding, Verdict
from reports.words import name_cause, say_answer, say_place

MARKS = {"more": "more", "less": "less", "same": "no clear difference", "unknown": "not known"}


def say_comparison(comparison: Comparison) -> str:
    """The sentence that answers first: does B carry more users than A?"""
    a, b = comparison.a.saturation, comparison.b.saturation
    if comparison.users == "unknown":
        return f"Not comparable: A is {_status(comparison.a)}, B is {_status(comparison.b)}."
    if comparison.users == "same":
        return (
            f"Both saturate at about as many users: A at {_point(comparison.a)}, B at {_point(comparison.b)}."
        )
    verb = "carries more users" if comparison.users == "more" else "carries fewer users"
    ratio = f", {format_number(b.users / a.users)} times as many" if a.users and b.users else ""
    return f"B {verb}: {_point(comparison.b)} instead of {_point(comparison.a)}{ratio}."


def _status(verdict: Verdict) -> str:
    return {
        "saturated": "saturated",
        "saturated_from_first_step": "saturated from the first step",
        "not_reached": "not saturated up to "
        + format_users(max((s.users for s in verdict.steps), default=None)),
        "undecided": "undecided",
    }[verdict.saturation.status]


def _point(verdict: Verdict) -> str:
    saturation = verdict.saturation
    if saturation.users is None:
        return f"more than {format_users(saturation.lower_bound_users)}"
    interval = f" ({format_user_interval(saturation.interval)})" if saturation.interval else ""
    return f"{format_users(saturation.users)}{interval}"


def say_cause_change(comparison: Comparison) -> str:
    """Whether the same thing limits both."""
    if comparison.is_same_cause is None:
        return "Neither run has a cause to name."
    if comparison.is_same_cause:
        return f"The cause is the same: {tell_cause(comparison.a)}."
    if _limit(comparison.b) is None:
        return f"The cause is gone: it was {tell_cause(comparison.a)}."
    if _limit(comparison.a) is None:
        return f"Only B has a cause: {tell_cause(comparison.b)}."
    return f"The cause is another: it was {tell_cause(comparison.a)}, it is {tell_cause(comparison.b)}."


def tell_cause(verdict: Verdict) -> str:
    found = _limit(verdict)
    if found is None:
        return "none"
    place = f" at {say_place(found.location)}" if found.location else ""
    return (
        f"{name_cause(found.cause).lower() if found.cause != 'cpu_bound' else name_cause(found.cause)}{place}"
    )


def _limit(verdict: Verdict) -> Finding | None:
    return next((finding for finding in verdict.findings if finding.role == "limit"), None)


def say_state_change(comparison: Comparison) -> str | None:
    """The state that changed most; None when no step was traced in both."""
    if not comparison.states:
        return None
    first = comparison.states[0]
    users = format_users(comparison.states_users)
    more = "more" if first.added_s >= 0 else "less"
    return (
        f"With {users}, a request spends {format_seconds(abs(first.added_s))} {more}: {name_state(first.state)} "
        f"({format_seconds(first.a_s)}, now {format_seconds(first.b_s)})."
    )


# ---- tables ----


def make_overview(comparison: Comparison, *, longest: int = 200) -> Table:
    """What each verdict comes down to; foreign words at most so long."""
    sides = (comparison.a, comparison.b)
    targets = [str(side.run.get("target", side.run.get("name", ""))) for side in sides]
    return Table(
        caption="The two runs",
        columns=["", "A", "B", "B against A"],
        rows=[
            ["Target", *(one_line(target, longest=longest) for target in targets), ""],
            [
                "Started",
                *(one_line(str(side.run.get("started", "")))[:19].replace("T", " ") for side in sides),
                "",
            ],
            ["Answer", *(say_answer(side).rstrip(":;") for side in sides), MARKS[comparison.users]],
            ["95 %", *(format_user_interval(side.saturation.interval) for side in sides), ""],
            [
                "Throughput",
                *(format_rate(side.saturation.max_throughput_per_s) for side in sides),
                MARKS[comparison.throughput],
            ],
            ["Alone", *(format_seconds(side.saturation.base_response_s) for side in sides), ""],
            [
                "Cause",
                *(one_line(tell_cause(side), longest=longest) for side in sides),
                _same(comparison.is_same_cause),
            ],
        ],
    )


def _same(is_same: bool | None) -> str:
    return {True: "the same", False: "another", None: ""}[is_same]


def make_pair_table(comparison: Comparison) -> Table:
    return Table(
        caption="Steps with as many users in both runs",
        columns=[
            "Users",
            "A answers/s",
            "B answers/s",
            "",
            "A p50",
            "B p50",
            "A p95",
            "B p95",
            "A errors",
            "B errors",
        ],
        rows=[
            [
                format_count(pair.users),
                format_number(pair.a_throughput_per_s),
                format_number(pair.b_throughput_per_s),
                {"more": "more", "less": "less"}.get(pair.throughput, ""),
                format_seconds(pair.a_p50_s),
                format_seconds(pair.b_p50_s),
                format_seconds(pair.a_p95_s),
                format_seconds(pair.b_p95_s),
                format_ratio(pair.a_error_ratio),
                format_ratio(pair.b_error_ratio),
            ]
            for pair in comparison.steps
        ],
    )


def make_state_table(comparison: Comparison, *, most: int | None = None) -> Table:
    """States with what changed, largest change first."""
    users = format_users(comparison.states_users)
    return Table(
        caption=f"Mean seconds of a traced request with {users}, by state",
        columns=[f"With {users}", "A", "B", "Change"],
        rows=[
            [
                name_state(pair.state),
                format_seconds(pair.a_s),
                format_seconds(pair.b_s),
                format_added_seconds(pair.added_s),
            ]
            for pair in comparison.states[:most]
        ],
    )


def make_difference_table(comparison: Comparison) -> Table:
    """Settings and versions that are not the same: what may explain the difference, too."""
    pairs = [*comparison.settings, *comparison.environment]
    return Table(
        caption="Settings and versions that differ",
        columns=["", "A", "B"],
        rows=[[one_line(pair.name.replace("_", " ")), one_line(pair.a), one_line(pair.b)] for pair in pairs],
    )


def list_warnings(comparison: Comparison) -> list[str]:
    """What speaks against comparing the two at all."""
    changed = [pair.name for pair in comparison.settings if pair.name not in ("steps", "target")]
    warnings = []
    if changed:
        warnings.append(
            f"The runs had other settings: {', '.join(name.replace('_', ' ') for name in changed)}."
        )
    if not comparison.steps:
        warnings.append("No number of users was held in both runs; give both the same --steps.")
    return [*warnings, *_rate_notes((comparison.a, comparison.b))]


def _rate_notes(sides: Sequence[Verdict]) -> list[str]:
    notes = []
    for name, side in zip("AB", sides, strict=True):
        if side.health.load_generator:
            notes.append(f"Load generator of {name}: {one_line(side.health.load_generator)}")
        if not side.run.get("completed", True):
            rate = format_answer_rate(side.saturation.max_throughput_per_s)
            notes.append(f"Run {name} did not complete; up to then it gave {rate}.")
    return notes

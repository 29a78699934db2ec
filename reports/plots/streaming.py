"""Streams over users: how long the first token takes, and how far the tokens are apart."""

from __future__ import annotations

from reports.material import Material
from reports.plots.chart import Chart
from reports.plots.latency import LatencyData, Percentile, draw
from reports.plots.palette import HIGH, HIGHEST, MIDDLE
from reports.plots.users_axis import UsersAxis
from reports.step_table import Table
from reports.units import format_count, format_number, format_seconds, format_users, plural
from reports.verdict import StepSummary, Verdict
from reports.words import CLOSED_LOOP


def make_chart(material: Material) -> Chart | None:
    """None when nothing was streamed."""
    data = collect(material.verdict)
    if data is None:
        return None
    steps = material.verdict.steps
    return Chart(
        name="streaming",
        title=_title(data),
        caption=(
            "Time to the first token (p50, p95) and between tokens (gap, p50) of good answers, log scale. "
            f"{_say_most(steps)}{CLOSED_LOOP.capitalize()}."
        ),
        description=_describe(steps),
        table=_tabulate(steps),
        draw=lambda figure, layout: draw(figure, layout, data),
    )


def collect(verdict: Verdict) -> LatencyData | None:
    steps = sorted(verdict.steps, key=lambda step: step.users)
    lines = (
        _line("first p95", HIGH, "s", [(step.users, step.first_token_p95_s) for step in steps]),
        _line("first p50", MIDDLE, "o", [(step.users, step.first_token_p50_s) for step in steps]),
        _line("gap p50", HIGHEST, "^", [(step.users, step.token_gap_p50_s) for step in steps]),
    )
    drawn = tuple(line for line in lines if line.users)
    if not any(line.label.startswith("first") for line in drawn):
        return None
    axis = UsersAxis.of([step.users for step in steps if step.sample_count], verdict.saturation)
    return LatencyData(lines=drawn, base_response_s=None, axis=axis, label_width=78)


def _line(label: str, colour: str, marker: str, values: list[tuple[int, float | None]]) -> Percentile:
    known = [(users, seconds) for users, seconds in values if seconds is not None and seconds > 0]
    users, seconds = tuple(users for users, _ in known), tuple(seconds for _, seconds in known)
    return Percentile(label=label, colour=colour, marker=marker, users=users, seconds=seconds)


def _title(data: LatencyData) -> str:
    line = next(line for line in data.lines if line.label.startswith("first"))
    first, last = format_seconds(line.seconds[0]), format_seconds(line.seconds[-1])
    words = "The first token (p95)" if line.label.endswith("p95") else "The first token (p50)"
    return f"{words} takes {first} with {format_users(line.users[0])} and {last} with {format_users(line.users[-1])}"


def _say_most(steps: list[StepSummary]) -> str:
    most = max(steps, key=lambda step: step.tokens_per_s or 0.0)
    if not most.tokens_per_s:
        return ""
    return f"At most {format_number(most.tokens_per_s)} tokens/s, from {plural(most.users, 'stream')} at a time. "


def _describe(steps: list[StepSummary]) -> str:
    parts = "; ".join(
        f"{format_users(step.users)}: first token p50 {format_seconds(step.first_token_p50_s)}, p95 "
        f"{format_seconds(step.first_token_p95_s)}, gap {format_seconds(step.token_gap_p50_s)}"
        for step in steps
        if step.first_token_p50_s is not None
    )
    return f"Streams over users. {parts}."


def _tabulate(steps: list[StepSummary]) -> Table:
    return Table(
        caption="Streams at each step",
        columns=[
            "Users",
            "Good answers",
            "First token p50",
            "First token p95",
            "Token gap p50",
            "Longest gap p95",
            "Tokens/s",
        ],
        rows=[
            [
                format_count(step.users),
                format_count(step.ok_count),
                format_seconds(step.first_token_p50_s),
                format_seconds(step.first_token_p95_s),
                format_seconds(step.token_gap_p50_s),
                format_seconds(step.token_gap_max_p95_s),
                format_number(step.tokens_per_s),
            ]
            for step in steps
        ],
    )

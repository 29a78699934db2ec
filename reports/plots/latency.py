"""Response time over users: the percentiles of good answers, and what saturation alone would make of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from reports.material import Material
from reports.plots.canvas import Layout, add_panel, choose_tick_steps, spread_labels
from reports.plots.chart import Chart
from reports.plots.palette import HIGH, HIGHEST, MIDDLE, MUTED
from reports.plots.users_axis import UsersAxis, draw_users_axis
from reports.step_table import Table
from reports.units import format_count, format_seconds, format_tick_seconds, format_users
from reports.verdict import StepSummary, Verdict
from reports.words import CLOSED_LOOP

MOST_TICKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentile:
    """One line of the chart: the steps that have a value, and the values."""

    label: str
    colour: str
    marker: str
    users: tuple[int, ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyData:
    """The numbers of the chart; all of them stand in the verdict."""

    lines: tuple[Percentile, ...]
    base_response_s: float | None
    axis: UsersAxis
    label_width: int = 46  # pixels right of the lines

    @property
    def limits_s(self) -> tuple[float, float]:
        seconds = [value for line in self.lines for value in line.seconds]
        low = min([*seconds, *([self.base_response_s] if self.base_response_s else [])])
        return low / 1.35, max(max(seconds), low * 2) * 1.35


def make_chart(material: Material) -> Chart | None:
    """None when no step had a good answer."""
    data = collect(material.verdict)
    if data is None:
        return None
    return Chart(
        name="latency",
        title=_title(data),
        caption=_caption(data),
        description=_describe(material.verdict.steps),
        table=_tabulate(material.verdict.steps),
        draw=lambda figure, layout: draw(figure, layout, data),
    )


def collect(verdict: Verdict) -> LatencyData | None:
    steps = sorted(verdict.steps, key=lambda step: step.users)
    lines = (
        _line("p50", MIDDLE, "o", [(step.users, step.response_p50_s) for step in steps]),
        _line("p95", HIGH, "s", [(step.users, step.response_p95_s) for step in steps]),
        _line("p99", HIGHEST, "^", [(step.users, step.response_p99_s) for step in steps]),
    )
    drawn = tuple(line for line in lines if line.users)
    if not drawn:
        return None
    users = [step.users for step in steps if step.sample_count]
    axis = UsersAxis.of(users, verdict.saturation)
    base = verdict.saturation.base_response_s if axis.point is not None else None
    return LatencyData(lines=drawn, base_response_s=base, axis=axis)


def _line(label: str, colour: str, marker: str, values: list[tuple[int, float | None]]) -> Percentile:
    known = [(users, seconds) for users, seconds in values if seconds is not None and seconds > 0]
    return Percentile(
        label=label,
        colour=colour,
        marker=marker,
        users=tuple(users for users, _ in known),
        seconds=tuple(seconds for _, seconds in known),
    )


def _title(data: LatencyData) -> str:
    line = next((line for line in data.lines if line.label == "p95"), data.lines[0])
    first, last = line.seconds[0], line.seconds[-1]
    at_first, at_last = format_users(line.users[0]), format_users(line.users[-1])
    if len(line.users) == 1:
        return f"{line.label} is {format_seconds(first)} at {at_first}"
    if last < 1.25 * first:
        return f"{line.label} stays near {format_seconds(first)} up to {at_last}"
    return f"{line.label} grows from {format_seconds(first)} at {at_first} to {format_seconds(last)} at {at_last}"


def _caption(data: LatencyData) -> str:
    parts = ["Response time of good answers, log scale."]
    if data.base_response_s is not None:
        base = format_seconds(data.base_response_s)
        parts.append(f"Dashed: what saturation alone makes of {base}, growing with every user past it.")
    return " ".join([*parts, f"{CLOSED_LOOP.capitalize()}; under arriving traffic the tail is longer."])


def _describe(steps: list[StepSummary]) -> str:
    points = "; ".join(
        f"{format_users(step.users)}: p50 {format_seconds(step.response_p50_s)}, p95 "
        f"{format_seconds(step.response_p95_s)}, p99 {format_seconds(step.response_p99_s)}"
        for step in steps
        if step.response_p50_s is not None
    )
    return f"Response time over users. {points}."


def _tabulate(steps: list[StepSummary]) -> Table:
    return Table(
        caption="Response time of good answers at each step",
        columns=["Users", "Good answers", "Mean", "p50", "p95", "p99"],
        rows=[
            [
                format_count(step.users),
                format_count(step.ok_count),
                format_seconds(step.response_mean_s),
                format_seconds(step.response_p50_s),
                format_seconds(step.response_p95_s),
                format_seconds(step.response_p99_s),
            ]
            for step in steps
        ],
    )


def draw(figure: Figure, layout: Layout, data: LatencyData) -> None:
    axes = add_panel(figure, layout, right=data.label_width)
    draw_users_axis(axes, data.axis, layout)
    axes.set_yscale("log")
    axes.set_ylim(*data.limits_s)
    axes.yaxis.set_major_locator(LogLocator(subs=choose_tick_steps(*data.limits_s, MOST_TICKS)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_tick_seconds(value)))
    if data.base_response_s is not None and data.axis.point is not None:
        _draw_expected(axes, data.axis, data.base_response_s, data.axis.point)
    for line in data.lines:
        axes.plot(line.users, line.seconds, color=line.colour, marker=line.marker, markersize=6, linewidth=2)
    _label_lines(axes, data, layout)


def _draw_expected(axes: Axes, axis: UsersAxis, base_response_s: float, point: float) -> None:
    users = np.geomspace(axis.limits[0], max(axis.users), 80)
    expected = base_response_s * np.maximum(1.0, users / point)
    axes.plot(users, expected, color=MUTED, linewidth=1.2, dashes=(5, 4))


def _label_lines(axes: Axes, data: LatencyData, layout: Layout) -> None:
    """At the right end of each line; moved apart where the ends meet."""
    ends = [float(axes.transData.transform((line.users[-1], line.seconds[-1]))[1]) for line in data.lines]
    placed = spread_labels(ends, gap=layout.font_size * 1.15)
    for line, end, place in zip(data.lines, ends, placed, strict=True):
        axes.annotate(
            line.label,
            (line.users[-1], line.seconds[-1]),
            xytext=(10, place - end),
            textcoords="offset points",
            va="center",
            color=line.colour,
            fontweight="bold",
        )

"""Efficiency: what each user still brings of what it brings alone, and how many users are safe."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.material import Material
from reports.plots.canvas import Layout, add_panel
from reports.plots.chart import Chart
from reports.plots.palette import BAD, GOOD, MUTED
from reports.plots.users_axis import UsersAxis, draw_users_axis
from reports.safe_users import SafeUsers, find_safe_users
from reports.step_table import Table
from reports.units import format_count, format_number, format_ratio, format_seconds, format_users
from reports.verdict import StepSummary, Verdict
from reports.words import CLOSED_LOOP

GOOD_RATIO = 0.8
TOP = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyData:
    """The numbers of the chart; all of them stand in the verdict."""

    points: tuple[tuple[int, float], ...]
    safe: SafeUsers | None
    axis: UsersAxis


def make_chart(material: Material) -> Chart | None:
    """None when the response time of one user alone is not known."""
    data = collect(material.verdict)
    if data is None:
        return None
    return Chart(
        name="efficiency",
        title=_title(data),
        caption=_caption(material.verdict, data),
        description=_describe(data),
        table=_tabulate(material.verdict.steps),
        draw=lambda figure, layout: draw(figure, layout, data),
    )


def collect(verdict: Verdict) -> EfficiencyData | None:
    points = [(step.users, step.efficiency) for step in verdict.steps if step.efficiency is not None]
    if not points:
        return None
    return EfficiencyData(
        points=tuple(sorted(points)),
        safe=find_safe_users(verdict.saturation),
        axis=UsersAxis.of([users for users, _ in points], verdict.saturation),
    )


def _title(data: EfficiencyData) -> str:
    users, ratio = data.points[-1]
    if all(ratio < GOOD_RATIO for _, ratio in data.points):
        return f"No step reached {format_ratio(GOOD_RATIO)} efficiency"
    if data.safe is None:
        return f"With {format_users(users)}, efficiency is {format_ratio(ratio)}"
    if ratio >= GOOD_RATIO:
        return f"Users hardly hinder each other up to {format_users(users)}"
    return f"Safe up to {format_users(data.safe.users)}; with {format_users(users)}, {format_ratio(1 - ratio)} is lost"


def _caption(verdict: Verdict, data: EfficiencyData) -> str:
    base = format_seconds(verdict.saturation.base_response_s)
    note = f" {data.safe.note.capitalize()}." if data.safe else ""
    return (
        f"Throughput over what as many users would bring at the {base} of one user alone. Dotted: "
        f"{format_ratio(GOOD_RATIO)}.{note} {CLOSED_LOOP.capitalize()}."
    )


def _describe(data: EfficiencyData) -> str:
    parts = "; ".join(f"{format_users(users)}: {format_ratio(ratio)}" for users, ratio in data.points)
    safe = f" Safe: {format_users(data.safe.users)}." if data.safe else ""
    return f"Efficiency over users. {parts}.{safe}"


def _tabulate(steps: list[StepSummary]) -> Table:
    return Table(
        caption="Efficiency at each step",
        columns=["Users", "Answers/s", "Efficiency"],
        rows=[
            [format_count(step.users), format_number(step.throughput_per_s), format_ratio(step.efficiency)]
            for step in steps
        ],
    )


def draw(figure: Figure, layout: Layout, data: EfficiencyData) -> None:
    axes = add_panel(figure, layout)
    draw_users_axis(axes, data.axis, layout)
    axes.set_ylim(0, TOP)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], ["0", "20 %", "40 %", "60 %", "80 %", "100 %"])
    axes.axhline(1.0, color=MUTED, linewidth=1.2, dashes=(5, 4))
    axes.axhline(GOOD_RATIO, color=MUTED, linewidth=1.2, linestyle=(0, (1, 3)))
    users, ratios = zip(*data.points, strict=True)
    axes.plot(users, ratios, color=GOOD, linewidth=2)
    _draw_points(axes, data)


def _draw_points(axes: Axes, data: EfficiencyData) -> None:
    """Below the line they are hollow: colour alone says nothing."""
    for users, ratio in data.points:
        is_good = ratio >= GOOD_RATIO
        axes.plot(
            [users], [min(ratio, TOP)], marker="o", markersize=7, linestyle="none", markeredgewidth=1.8, clip_on=False,
            markerfacecolor=GOOD if is_good else "none", markeredgecolor=GOOD if is_good else BAD,
        )  # fmt: skip

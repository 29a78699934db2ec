"""Throughput over users: what was measured, the two bounds that hold it, and where they meet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.material import Material
from reports.plots.canvas import Layout, add_panel, set_rate_ticks
from reports.plots.chart import Chart
from reports.plots.palette import BAD, GOOD, MUTED
from reports.plots.users_axis import UsersAxis, draw_users_axis
from reports.saturation import ThroughputCurve
from reports.step_table import NORMAL_95, Table
from reports.units import (
    format_answer_rate,
    format_count,
    format_number,
    format_rate,
    format_seconds,
    format_user_interval,
    format_users,
)
from reports.verdict import Saturation, StepSummary, Verdict
from reports.words import CLOSED_LOOP, is_generator_limited

HEADROOM = 1.16  # above the highest point
CURVE_POINTS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A step with answers, as it is drawn."""

    users: int
    per_s: float
    margin_per_s: float  # half of the 95 % interval; 0 when it is not known
    errors_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputData:
    """The numbers of the chart; all of them stand in the verdict."""

    points: tuple[Point, ...]
    curve: ThroughputCurve | None
    base_response_s: float | None  # the slope of perfect scaling is users / this
    plateau_per_s: float | None
    axis: UsersAxis

    @property
    def top_per_s(self) -> float:
        """The upper end of the axis.  Errors come fast: they must not flatten the answers."""
        good = max([p.per_s + p.margin_per_s for p in self.points] + [self.plateau_per_s or 0.0])
        errors = max(p.errors_per_s for p in self.points)
        return HEADROOM * (max(good, min(errors, 1.5 * good)) or errors or 1.0)


def make_chart(material: Material) -> Chart | None:
    """None when no step measured anything."""
    data = collect(material.verdict, material.curve)
    if data is None:
        return None
    return Chart(
        name="throughput",
        title=_title(material.verdict),
        caption=_caption(data),
        description=_describe(material.verdict, data),
        table=_tabulate(data),
        draw=lambda figure, layout: draw(figure, layout, data),
    )


def collect(verdict: Verdict, curve: ThroughputCurve | None) -> ThroughputData | None:
    points = tuple(_point(step) for step in sorted(verdict.steps, key=lambda s: s.users) if step.sample_count)
    if not points:
        return None
    saturation = verdict.saturation
    axis = UsersAxis.of([point.users for point in points], saturation)
    return ThroughputData(
        points=points,
        curve=curve if saturation.status != "undecided" else None,
        base_response_s=saturation.base_response_s,
        plateau_per_s=saturation.max_throughput_per_s if axis.point is not None else None,
        axis=axis,
    )


def _point(step: StepSummary) -> Point:
    return Point(
        users=step.users,
        per_s=step.throughput_per_s or 0.0,  # a step whose requests all failed did give 0 answers
        margin_per_s=NORMAL_95 * (step.throughput_se_per_s or 0.0),
        errors_per_s=step.error_count / step.window_s if step.window_s > 0 else 0.0,
    )


def _title(verdict: Verdict) -> str:
    saturation, steps = verdict.saturation, verdict.steps
    users = [step.users for step in steps]
    if is_generator_limited(verdict):
        return "What the load generator could send, not what the chain can carry"
    if not any(step.ok_count for step in steps):
        return "No request was answered well at any load"
    titles = {
        "saturated": f"Throughput stops growing at {format_users(saturation.users)}",
        "saturated_from_first_step": f"Throughput does not grow from {format_users(min(users))} on",
        "not_reached": f"Throughput still grows at {format_users(max(users))}",
        "undecided": f"Up to {format_users(max(users))}, throughput does not tell where it stops growing",
    }
    return titles[saturation.status]


def _caption(data: ThroughputData) -> str:
    parts = ["Dots: good answers with 95 % interval."]
    if data.base_response_s is not None:
        parts.append(f"Dashed: perfect scaling, users / {format_seconds(data.base_response_s)}.")
    if data.plateau_per_s is not None:
        parts.append(f"Dotted: the most it gives, {format_rate(data.plateau_per_s)}.")
    if data.curve is not None:
        parts.append("Line: the likely curve, with its 95 % haze.")
    if data.axis.interval is not None:
        parts.append("Band: where it saturates, 95 %.")
    if any(point.errors_per_s for point in data.points):
        parts.append("Squares: errors, never counted as answers.")
    return " ".join([*parts, f"{CLOSED_LOOP.capitalize()}."])


def _describe(verdict: Verdict, data: ThroughputData) -> str:
    points = "; ".join(
        f"{format_users(p.users)}: {format_answer_rate(p.per_s)}"
        + (f", {format_rate(p.errors_per_s)} errors" if p.errors_per_s else "")
        for p in data.points
    )
    return f"Throughput over users. {points}. {_describe_saturation(verdict.saturation)}"


def _describe_saturation(saturation: Saturation) -> str:
    if saturation.users is None:
        return "No point of saturation is marked."
    interval = f", 95 % interval {format_user_interval(saturation.interval)}" if saturation.interval else ""
    plateau = format_answer_rate(saturation.max_throughput_per_s)
    return f"Saturation at {format_users(saturation.users)}{interval}; plateau {plateau}."


def _tabulate(data: ThroughputData) -> Table:
    return Table(
        caption="Throughput at each step",
        columns=["Users", "Answers/s", "± 95 %", "Errors/s", "Perfect scaling"],
        rows=[
            [
                format_count(p.users),
                format_number(p.per_s),
                format_number(p.margin_per_s or None),
                format_number(p.errors_per_s),
                format_number(p.users / data.base_response_s if data.base_response_s else None),
            ]
            for p in data.points
        ],
    )


def draw(figure: Figure, layout: Layout, data: ThroughputData) -> None:
    axes = add_panel(figure, layout)
    draw_users_axis(axes, data.axis, layout)
    axes.set_ylim(0, data.top_per_s)
    set_rate_ticks(axes)
    _draw_bounds(axes, data, layout)
    if data.curve is not None:
        _draw_curve(axes, data.curve)
    _draw_points(axes, data)
    _draw_errors(axes, data)


def _draw_curve(axes: Axes, curve: ThroughputCurve) -> None:
    """Straight between its points in log-log, as perfect scaling is."""
    users = np.geomspace(curve.users[0], curve.users[-1], CURVE_POINTS)
    low, middle, high = (
        np.exp(np.interp(np.log(users), np.log(curve.users), np.log(values)))
        for values in (curve.low_per_s, curve.throughput_per_s, curve.high_per_s)
    )
    axes.fill_between(users, low, high, color=GOOD, alpha=0.1, linewidth=0)
    axes.plot(users, middle, color=GOOD, linewidth=2.2)


def _draw_bounds(axes: Axes, data: ThroughputData, layout: Layout) -> None:
    low, high = data.axis.limits
    if data.base_response_s:
        users = np.geomspace(low, high, CURVE_POINTS)
        axes.plot(users, users / data.base_response_s, color=MUTED, linewidth=1.2, dashes=(5, 4))
        _label_slope(axes, data, data.base_response_s, layout)
    if data.plateau_per_s is not None:
        axes.axhline(data.plateau_per_s, color=MUTED, linewidth=1.2, linestyle=(0, (1, 3)))
        axes.annotate(
            format_rate(data.plateau_per_s),
            (low, data.plateau_per_s),
            xytext=(4, 5),
            textcoords="offset points",
            color=MUTED,
        )


def _label_slope(axes: Axes, data: ThroughputData, base_response_s: float, layout: Layout) -> None:
    """Beside the line, on its empty side, where it has left the points behind."""
    per_s = 0.66 * (data.plateau_per_s or data.top_per_s)
    users = per_s * base_response_s
    low, high = data.axis.limits
    place = math.log(users / low) / math.log(high / low) if users > low else 0.0
    if place * layout.width < 120 or place > 1:
        return  # no room left of it; the caption names the line
    axes.annotate(
        "perfect scaling", (users, per_s), xytext=(-8, 0), textcoords="offset points", ha="right", color=MUTED
    )


def _draw_points(axes: Axes, data: ThroughputData) -> None:
    axes.errorbar(
        [p.users for p in data.points],
        [p.per_s for p in data.points],
        yerr=[p.margin_per_s for p in data.points],
        fmt="o",
        color=GOOD,
        markersize=7,
        elinewidth=1.6,
        capsize=3.5,
        zorder=4,
    )


def _draw_errors(axes: Axes, data: ThroughputData) -> None:
    failing = [p for p in data.points if p.errors_per_s]
    if not failing:
        return
    inside = 0.97 * data.top_per_s
    style: dict[str, Any] = {
        "linestyle": "none",
        "markerfacecolor": "none",
        "markeredgecolor": BAD,
        "markeredgewidth": 1.8,
    }
    for marker, chosen in (
        ("s", [p for p in failing if p.errors_per_s <= inside]),
        ("^", [p for p in failing if p.errors_per_s > inside]),
    ):
        heights = [min(p.errors_per_s, inside) for p in chosen]
        axes.plot([p.users for p in chosen], heights, marker=marker, markersize=7, zorder=3, **style)
    last = failing[-1]
    axes.annotate(
        f"{format_rate(last.errors_per_s)} errors",
        (last.users, min(last.errors_per_s, inside)),
        xytext=(-9, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        color=BAD,
    )

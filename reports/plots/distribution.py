"""How response times are spread at a low step, near the point of saturation and at the highest step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from reports.material import Distribution, Material
from reports.plots.canvas import Layout, add_panel, choose_tick_steps
from reports.plots.chart import Chart
from reports.plots.palette import GOOD, INK, MUTED
from reports.step_table import Table
from reports.units import (
    format_count,
    format_number,
    format_ratio,
    format_seconds,
    format_tick_seconds,
    format_users,
)
from reports.words import CLOSED_LOOP

SHOWN = (0.5, 0.9, 0.95, 0.99)
WIDE_SPREAD = 3.0  # p99 over p50
STYLES: tuple[dict[str, Any], ...] = (
    {"color": MUTED, "linestyle": (0, (5, 3)), "linewidth": 1.8},
    {"color": GOOD, "linestyle": "-", "linewidth": 2.4},
    {"color": INK, "linestyle": (0, (1, 1.5)), "linewidth": 2.2},
)
MOST_TICKS = 7
LABEL_SHARES = (0.3, 0.5, 0.7)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionData:
    """The numbers of the chart: quantiles of good answers, from samples.jsonl."""

    lines: tuple[Distribution, ...]

    @property
    def limits_s(self) -> tuple[float, float]:
        seconds = [value for line in self.lines for value in line.seconds if value > 0]
        return min(seconds) / 1.2, max(max(seconds), 1.5 * min(seconds)) * 1.2


def make_chart(material: Material) -> Chart | None:
    """None when no step had enough good answers for a distribution."""
    if not material.distributions:
        return None
    data = DistributionData(lines=tuple(material.distributions))
    return Chart(
        name="distribution",
        title=_title(data),
        caption=(
            "Share of good answers that came within a time (log scale), warm-up cut off. "
            f"{CLOSED_LOOP.capitalize()}; under arriving traffic the tail is longer."
        ),
        description=_describe(data),
        table=_tabulate(data.lines),
        draw=lambda figure, layout: draw(figure, layout, data),
    )


def _title(data: DistributionData) -> str:
    last = data.lines[-1]
    middle, high = last.quantile(0.5), last.quantile(0.99)
    spread = high / middle if middle else 1.0
    users = format_users(last.users)
    if spread >= WIDE_SPREAD:
        return (
            f"With {users}, one answer in a hundred takes {format_number(spread)} times as long as the median"
        )
    return f"With {users}, half of the answers take {format_seconds(middle)}, 99 % at most {format_seconds(high)}"


def _describe(data: DistributionData) -> str:
    parts = "; ".join(
        f"{format_users(line.users)}: "
        + ", ".join(f"{format_ratio(q)} within {format_seconds(line.quantile(q))}" for q in SHOWN)
        for line in data.lines
    )
    return f"Distribution of response times. {parts}."


def _tabulate(lines: Sequence[Distribution]) -> Table:
    return Table(
        caption="Response times of good answers",
        columns=["Users", "Good answers", "least", *(f"p{q * 100:g}" for q in SHOWN), "most"],
        rows=[
            [
                format_count(line.users),
                format_count(line.count),
                *(format_seconds(line.quantile(q)) for q in (0.0, *SHOWN, 1.0)),
            ]
            for line in lines
        ],
    )


def draw(figure: Figure, layout: Layout, data: DistributionData) -> None:
    axes = add_panel(figure, layout, right=20, top=16)
    axes.set_xscale("log")
    axes.set_xlim(*data.limits_s)
    axes.set_ylim(0, 1.0)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25 %", "50 %", "75 %", "100 %"])
    most = MOST_TICKS - 2 if layout.is_narrow else MOST_TICKS
    axes.xaxis.set_major_locator(LogLocator(subs=choose_tick_steps(*data.limits_s, most)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_tick_seconds(value)))
    axes.set_xlabel("answered within", labelpad=6)
    styles = STYLES if len(data.lines) == 3 else (STYLES[0], STYLES[2])
    for line, style in zip(data.lines, styles, strict=False):
        axes.plot(line.seconds, line.shares, **style)
    _label(axes, data, styles)


def _label(axes: Axes, data: DistributionData, styles: Sequence[dict[str, Any]]) -> None:
    """Each beside its own line, at a height of its own."""
    low, high = data.limits_s
    for line, style, share in zip(data.lines, styles, LABEL_SHARES, strict=False):
        seconds = line.quantile(share)
        is_right = seconds > math.sqrt(low * high)
        axes.annotate(
            format_users(line.users), (seconds, share), xytext=(-8 if is_right else 8, 0), textcoords="offset points",
            ha="right" if is_right else "left", va="center", color=style["color"], fontweight="bold",
        )  # fmt: skip

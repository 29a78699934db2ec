"""Two runs in one chart: throughput and p95 over users, and where the time of a request goes.  A hollow, B filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from reports.comparison import Comparison, StatePair
from reports.comparison_words import make_pair_table, make_state_table, say_state_change
from reports.plots.canvas import Layout, add_panel, choose_tick_steps, set_rate_ticks, spread_labels
from reports.plots.chart import Chart
from reports.plots.legend import fill_of, shorten
from reports.plots.palette import GOOD, INK, MUTED
from reports.plots.users_axis import UsersAxis, draw_users_axis
from reports.states import name_state
from reports.step_table import NORMAL_95
from reports.units import (
    format_added_seconds,
    format_number,
    format_rate,
    format_seconds,
    format_tick_seconds,
    format_users,
)
from reports.verdict import StepSummary, Verdict
from reports.words import CLOSED_LOOP

STYLES: dict[str, dict[str, Any]] = {
    "A": {
        "color": MUTED,
        "linestyle": (0, (5, 3)),
        "marker": "o",
        "markerfacecolor": "none",
        "markeredgewidth": 1.6,
    },
    "B": {"color": GOOD, "linestyle": "-", "marker": "s"},
}
MOST_STATES = 7
ROW, BAR = 54, 13  # pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One run: values at each number of users, with half of their 95 % interval."""

    name: str
    users: tuple[int, ...]
    values: tuple[float, ...]
    margins: tuple[float, ...]
    point: float | None  # users at which it saturates


Measure = Callable[[StepSummary], float | None]


def list_charts(comparison: Comparison) -> list[Chart]:
    """Those that have something to show."""
    made = (_make_throughput(comparison), _make_latency(comparison), _make_states(comparison))
    return [chart for chart in made if chart is not None]


def collect(comparison: Comparison, measure: Measure, margin: Measure) -> tuple[Curve, ...]:
    """A and B, where they have values."""
    curves = (
        _curve(name, side, measure, margin)
        for name, side in zip("AB", (comparison.a, comparison.b), strict=True)
    )
    return tuple(curve for curve in curves if curve.users)


def _curve(name: str, verdict: Verdict, measure: Measure, margin: Measure) -> Curve:
    known = [
        (step.users, value, margin(step) or 0.0)
        for step in sorted(verdict.steps, key=lambda step: step.users)
        if (value := measure(step)) is not None
    ]
    return Curve(
        name=name,
        users=tuple(users for users, _, _ in known),
        values=tuple(value for _, value, _ in known),
        margins=tuple(margin for _, _, margin in known),
        point=verdict.saturation.users,
    )


# ---- throughput ----


def _make_throughput(comparison: Comparison) -> Chart | None:
    curves = collect(
        comparison,
        lambda step: step.throughput_per_s,
        lambda step: NORMAL_95 * (step.throughput_se_per_s or 0.0),
    )
    if not curves:
        return None
    return Chart(
        name="throughput",
        title=_say_change(comparison, "Throughput", "throughput_per_s", format_rate),
        caption=f"Good answers with 95 % interval. Upright: where each saturates. {CLOSED_LOOP.capitalize()}.",
        description=_describe("Answers a second", curves, format_number),
        table=make_pair_table(comparison),
        draw=lambda figure, layout: draw_throughput(figure, layout, curves),
    )


def _say_change(comparison: Comparison, name: str, field: str, words: Callable[[float | None], str]) -> str:
    """With the most users that both runs have.  field: of a pair of steps, behind a_ and b_."""
    pairs = [
        (pair.users, getattr(pair, f"a_{field}"), getattr(pair, f"b_{field}")) for pair in comparison.steps
    ]
    known = [pair for pair in pairs if pair[1] and pair[2]]
    if not known:
        return f"{name} over users: no step has as many users in both runs"
    users, before, after = known[-1]
    return f"With {format_users(users)}, {name.lower()} was {words(before)} and is {words(after)}"


def draw_throughput(figure: Figure, layout: Layout, curves: Sequence[Curve]) -> None:
    axes = add_panel(figure, layout, right=34)
    _draw_axis(axes, layout, curves)
    top = max(
        value + margin for curve in curves for value, margin in zip(curve.values, curve.margins, strict=True)
    )
    axes.set_ylim(0, 1.16 * top or 1.0)
    set_rate_ticks(axes)
    _draw_curves(axes, layout, curves)
    for curve in curves:
        if curve.point is not None:
            axes.axvline(curve.point, color=STYLES[curve.name]["color"], linewidth=1.2, linestyle=(0, (1, 2)))
            axes.annotate(
                curve.name, (curve.point, 1), xytext=(0, 7), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="center", color=STYLES[curve.name]["color"], fontweight="bold",
            )  # fmt: skip


# ---- latency ----


def _make_latency(comparison: Comparison) -> Chart | None:
    curves = collect(comparison, lambda step: step.response_p95_s or None, lambda _: None)
    if not curves:
        return None
    return Chart(
        name="latency",
        title=_say_change(comparison, "p95", "p95_s", format_seconds),
        caption=f"p95 of good answers, log scale. {CLOSED_LOOP.capitalize()}; arriving traffic has a longer tail.",
        description=_describe("p95", curves, format_seconds),
        table=make_pair_table(comparison),
        draw=lambda figure, layout: draw_latency(figure, layout, curves),
    )


def draw_latency(figure: Figure, layout: Layout, curves: Sequence[Curve]) -> None:
    axes = add_panel(figure, layout, right=34)
    _draw_axis(axes, layout, curves)
    values = [value for curve in curves for value in curve.values]
    low, high = min(values) / 1.35, max(max(values), 2 * min(values)) * 1.35
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(LogLocator(subs=choose_tick_steps(low, high, 6)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_tick_seconds(value)))
    _draw_curves(axes, layout, curves)


# ---- states ----


def _make_states(comparison: Comparison) -> Chart | None:
    pairs = comparison.states[:MOST_STATES]
    title = say_state_change(comparison)
    if not pairs or title is None:
        return None
    return Chart(
        name="states",
        title=title.rstrip("."),
        caption=(
            f"Mean of traced requests with {format_users(comparison.states_users)}: pale A, full B; the largest change "
            "comes first."
        ),
        description="; ".join(
            f"{name_state(p.state)} {format_seconds(p.a_s)}, {format_seconds(p.b_s)}" for p in pairs
        ),
        table=make_state_table(comparison),
        draw=lambda figure, layout: draw_states(figure, layout, pairs),
        height=lambda _: ROW * len(pairs) + 58,
    )


def draw_states(figure: Figure, layout: Layout, pairs: Sequence[StatePair]) -> None:
    """The axis downwards counts pixels."""
    axes = add_panel(figure, layout, left=12, right=12, top=4, bottom=46)
    top_s = max(max(pair.a_s, pair.b_s) for pair in pairs) or 1.0
    axes.set_xlim(0, top_s * (1.5 if layout.is_narrow else 1.25))
    axes.set_ylim(ROW * len(pairs) + 6, 0)
    axes.grid(False)
    axes.grid(True, axis="x")
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(3 if layout.is_narrow else 6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_tick_seconds(value)))
    axes.set_xlabel("of a request", labelpad=6)
    for index, pair in enumerate(pairs):
        _draw_pair(axes, layout, pair, index * ROW)


def _draw_pair(axes: Axes, layout: Layout, pair: StatePair, top: int) -> None:
    label = f"{name_state(pair.state)} {format_added_seconds(pair.added_s)}"
    axes.annotate(
        shorten(label, 46), (0, top + 12), xytext=(2, 0), textcoords="offset points", va="center", color=INK,
        size=layout.small_size,
    )  # fmt: skip
    for name, seconds, middle, alpha in (
        ("A", pair.a_s, top + 27, 0.45),
        ("B", pair.b_s, top + 27 + BAR, 1.0),
    ):
        axes.barh(middle, seconds, height=BAR - 1, **(fill_of(pair.state) | {"alpha": alpha}))
        axes.annotate(
            f"{name} {format_seconds(seconds)}", (seconds, middle), xytext=(5, 0), textcoords="offset points",
            va="center", color=MUTED, size=layout.small_size,
        )  # fmt: skip


# ---- shared ----


def _draw_axis(axes: Axes, layout: Layout, curves: Sequence[Curve]) -> None:
    users = sorted({n for curve in curves for n in curve.users})
    draw_users_axis(axes, UsersAxis(users=tuple(users), point=None, interval=None, is_bare=True), layout)


def _draw_curves(axes: Axes, layout: Layout, curves: Sequence[Curve]) -> None:
    for curve in curves:
        axes.errorbar(
            curve.users, curve.values, yerr=curve.margins if any(curve.margins) else None, markersize=7, linewidth=2,
            elinewidth=1.4, capsize=3, **STYLES[curve.name],
        )  # fmt: skip
    ends = [float(axes.transData.transform((curve.users[-1], curve.values[-1]))[1]) for curve in curves]
    for curve, end, place in zip(curves, ends, spread_labels(ends, gap=layout.font_size * 1.3), strict=True):
        axes.annotate(
            curve.name, (curve.users[-1], curve.values[-1]), xytext=(12, place - end), textcoords="offset points",
            va="center", color=STYLES[curve.name]["color"], fontweight="bold",
        )  # fmt: skip


def _describe(what: str, curves: Sequence[Curve], show: Callable[[float | None], str]) -> str:
    parts = "; ".join(
        f"{curve.name}: "
        + ", ".join(
            f"{show(value)} with {format_users(n)}"
            for n, value in zip(curve.users, curve.values, strict=True)
        )
        for curve in curves
    )
    return f"{what} over users. {parts}."

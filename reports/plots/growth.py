"""What grew: the seconds added from the low step to the high one, by state and place in code, largest first.

The bars sum to the growth: what is too small to be told apart has a bar of its own, what shrank points to the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.attribution.capacity import agrees
from reports.material import Material
from reports.plots.canvas import Layout, add_panel
from reports.plots.chart import Chart
from reports.plots.legend import fill_of, shorten
from reports.plots.palette import INK, MUTED
from reports.states import name_state
from reports.step_table import Table
from reports.units import (
    format_added_seconds,
    format_ratio,
    format_seconds,
    format_tick_seconds,
    format_users,
)
from reports.verdict import Finding, ResponseGrowth, StateGrowth
from reports.words import say_place, say_proof

MOST_BARS = 6
LEAST_RATIO = 0.02  # of the largest change
ROW, PLACE = 38, 14  # pixels: a line of words and a bar; another line where there is a place
BAR = 13
REST = "all else"
NARROW_LETTERS, WIDE_LETTERS = 44, 84


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    state: str
    label: str
    place: str  # empty: not in the user's code
    grown_s: float
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthData:
    """The numbers of the chart; all of them stand in the verdict."""

    growth: ResponseGrowth
    bars: tuple[Bar, ...]


def make_chart(material: Material) -> Chart | None:
    """None when fewer than two steps were traced."""
    growth = material.verdict.growth
    if growth is None or not growth.rows:
        return None
    data = collect(growth)
    return Chart(
        name="growth",
        title=_title(data),
        caption=_caption(growth, material.verdict.findings),
        description=_describe(data),
        table=tabulate_growth(growth),
        draw=lambda figure, layout: draw(figure, layout, data),
        height=lambda _: _height(data.bars) + 56,
    )


def _height(bars: Sequence[Bar]) -> int:
    return sum(ROW + PLACE * bool(bar.place) for bar in bars)


def collect(growth: ResponseGrowth) -> GrowthData:
    """The rows that changed most, and one for the others."""
    ranked = sorted(growth.rows, key=lambda row: -abs(row.grown_s))
    least_s = LEAST_RATIO * abs(ranked[0].grown_s)
    large = [row for row in ranked if abs(row.grown_s) >= least_s][:MOST_BARS]
    rest_s = growth.grown_s - sum(row.grown_s for row in large)
    bars = [_bar(row) for row in sorted(large, key=lambda row: -row.grown_s)]
    if len(large) < len(growth.rows):
        share = None if ranked[0].share is None else rest_s / growth.grown_s
        bars.append(Bar(state=REST, label=REST, place="", grown_s=rest_s, share=share))
    return GrowthData(growth=growth, bars=tuple(bars))


def _bar(row: StateGrowth) -> Bar:
    label = name_state(row.state) + (f" · {row.resource}" if row.resource else "")
    place = say_place(row.location) if row.location else ""
    return Bar(state=row.state, label=label, place=place, grown_s=row.grown_s, share=row.share)


def _title(data: GrowthData) -> str:
    growth = data.growth
    low, high = format_users(growth.low_users), format_users(growth.high_users)
    state, share = _largest_state(growth)
    if share is None:
        return (
            f"Little was added from {low} to {high}: {format_seconds(growth.low_response_s)} became "
            f"{format_seconds(growth.high_response_s)}"
        )
    return f"{format_ratio(min(share, 1.0))} of what was added from {low} to {high}: {name_state(state)}"


def _largest_state(growth: ResponseGrowth) -> tuple[str, float | None]:
    """The state that grew most, wherever, with its share."""
    grown: dict[str, float] = {}
    for row in growth.rows:
        grown[row.state] = grown.get(row.state, 0.0) + row.grown_s
    state = max(grown, key=lambda state: grown[state])
    return state, None if growth.rows[0].share is None else grown[state] / growth.grown_s


def _caption(growth: ResponseGrowth, findings: Sequence[Finding]) -> str:
    law = next(
        (say_proof(finding.proof) for finding in findings if finding.proof and agrees(finding.proof)), None
    )
    return (
        f"Added to a request: {format_seconds(growth.low_response_s)} with {format_users(growth.low_users)}, "
        f"{format_seconds(growth.high_response_s)} with {format_users(growth.high_users)}. The bars sum to the "
        "difference." + (f" Capacity law: {law}." if law else "")
    )


def _describe(data: GrowthData) -> str:
    growth = data.growth
    parts = "; ".join(f"{_say_bar(bar)} {_say_grown(bar)}" for bar in data.bars)
    return (
        f"What was added from {format_users(growth.low_users)} to {format_users(growth.high_users)}. {parts}."
    )


def _say_bar(bar: Bar) -> str:
    return f"{bar.label} at {bar.place}" if bar.place else bar.label


def _say_grown(bar: Bar) -> str:
    share = f" ({format_ratio(bar.share)})" if bar.share is not None and bar.share >= 0 else ""
    return f"{format_added_seconds(bar.grown_s)}{share}"


def tabulate_growth(growth: ResponseGrowth) -> Table:
    """Every row of the verdict."""
    return Table(
        caption="Seconds of a traced request by state and place in code, and what was added",
        columns=[
            "State", "Uses", "Place", format_users(growth.low_users), format_users(growth.high_users), "Added",
            "Share", "Share, holds traced",
        ],
        rows=[
            *(_row(row) for row in growth.rows),
            ["all", "", "", format_seconds(growth.low_response_s), format_seconds(growth.high_response_s),
             format_added_seconds(growth.grown_s), "", ""],
        ],
    )  # fmt: skip


def _row(row: StateGrowth) -> list[str]:
    return [
        name_state(row.state),
        row.resource or "",
        say_place(row.location) if row.location else "",
        format_seconds(row.low_s),
        format_seconds(row.high_s),
        format_added_seconds(row.grown_s),
        _share(row.share),
        _share(row.explained_share),
    ]


def _share(share: float | None) -> str:
    return format_ratio(share) if share is None or share >= 0 else f"−{format_ratio(-share)}"


def draw(figure: Figure, layout: Layout, data: GrowthData) -> None:
    """The axis downwards counts pixels, so that words and bars keep their distances."""
    axes = add_panel(figure, layout, left=12, right=12, top=4, bottom=46)
    ends = [0.0, *(bar.grown_s for bar in data.bars)]
    low, high = min(ends), max(ends)
    room = (0.42 if layout.is_narrow else 0.2) * (high - low or 1.0)  # for the numbers at the bars' ends
    axes.set_xlim(low, high + room)
    axes.set_ylim(_height(data.bars) + 6, 0)
    axes.grid(False)
    axes.grid(True, axis="x")
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(3 if layout.is_narrow else 6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    axes.set_xlabel("added to a request", labelpad=6)
    top = 0
    for bar in data.bars:
        _draw_bar(axes, layout, bar, top)
        top += ROW + PLACE * bool(bar.place)


def _tick(value: float) -> str:
    return format_tick_seconds(value) if value >= 0 else f"−{format_tick_seconds(-value)}"


def _draw_bar(axes: Axes, layout: Layout, bar: Bar, top: int) -> None:
    """Its words stand above it, from the left edge."""
    letters = NARROW_LETTERS if layout.is_narrow else WIDE_LETTERS
    left, size = axes.get_xlim()[0], layout.small_size
    for text, colour, below in ((bar.label, INK, 12), (bar.place, MUTED, 12 + PLACE)):
        if text:
            axes.annotate(
                shorten(text, letters), (left, top + below), xytext=(2, 0), textcoords="offset points", va="center",
                color=colour, size=size,
            )  # fmt: skip
    middle = top + ROW - 9 + PLACE * bool(bar.place)
    axes.barh(middle, bar.grown_s, height=BAR, **fill_of(bar.state))
    axes.plot([0, 0], [middle - BAR / 2 - 2, middle + BAR / 2 + 2], color=MUTED, linewidth=1)
    axes.annotate(
        _say_grown(bar), (max(bar.grown_s, 0.0), middle), xytext=(6, 0), textcoords="offset points", va="center",
        color=INK, size=size,
    )  # fmt: skip

"""Per-Runnable scaling: how long each step of the chain takes with few users and with many, from the run tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from reports.material import Material
from reports.plots.canvas import Layout, add_panel, choose_tick_steps
from reports.plots.chart import Chart
from reports.plots.legend import shorten
from reports.plots.palette import BAD, GOOD, INK, MUTED
from reports.step_table import Table
from reports.units import format_number, format_seconds, format_tick_seconds, format_users
from reports.verdict import RunnableTimes, Verdict

MOST_ROWS = 10
ROW = 40  # pixels
INDENT = 14
LEAST_GROWTH = 1.25  # a step that takes so much longer has grown
OWN_SHARE = 0.7  # of the growth of what it runs in: then it is the inner one that grew
LEAST_SHARE = 0.25  # of the growth of all: with less, no step of the chain explains it
NARROW_LETTERS, WIDE_LETTERS = 40, 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    depth: int
    low_s: float
    high_s: float
    low_per_request_s: float
    high_per_request_s: float

    @property
    def grown_s(self) -> float:
        """Of a request: a step that is called more often grows, too."""
        return self.high_per_request_s - self.low_per_request_s


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnablesData:
    """The numbers of the chart; all of them stand in the verdict."""

    low_users: int
    high_users: int
    rows: tuple[Row, ...]
    grown: Row | None  # the innermost that explains most of what was added; None: no step does
    whole_grown_s: float  # of the outermost


def make_chart(material: Material) -> Chart | None:
    """None when the run tree was recorded at fewer than two steps."""
    data = collect(material.verdict)
    if data is None:
        return None
    runnables = material.verdict.runnables
    return Chart(
        name="runnables",
        title=_title(data),
        caption=(
            f"Mean time of one call, what it calls included, log scale: hollow with {format_users(data.low_users)}, "
            f"filled with {format_users(data.high_users)}. Indented as they run inside each other."
        ),
        description=_describe(data),
        table=_tabulate(runnables),
        draw=lambda figure, layout: draw(figure, layout, data),
        height=lambda _: ROW * len(data.rows) + 60,
    )


def collect(verdict: Verdict) -> RunnablesData | None:
    """The two steps that are compared elsewhere, too, where both were recorded."""
    recorded = sorted({load.users for times in verdict.runnables for load in times.loads})
    if len(recorded) < 2:
        return None
    growth = verdict.growth
    low, high = (growth.low_users, growth.high_users) if growth else (recorded[0], recorded[-1])
    if low not in recorded or high not in recorded:
        low, high = recorded[0], recorded[-1]
    rows = [row for times in verdict.runnables if (row := _row(times, low, high)) is not None]
    kept = sorted(rows, key=lambda row: -max(row.low_per_request_s, row.high_per_request_s))[:MOST_ROWS]
    shown = tuple(row for row in rows if row in kept)
    if not shown:
        return None
    whole_s = max(row.grown_s for row in shown)
    return RunnablesData(
        low_users=low, high_users=high, rows=shown, grown=_find_grown(shown, whole_s), whole_grown_s=whole_s
    )


def _row(times: RunnableTimes, low_users: int, high_users: int) -> Row | None:
    loads = {load.users: load for load in times.loads}
    low, high = loads.get(low_users), loads.get(high_users)
    if low is None or high is None:
        return None
    return Row(
        name=f"{times.name} ({times.kind})",
        depth=times.depth,
        low_s=low.mean_s,
        high_s=high.mean_s,
        low_per_request_s=low.mean_s * low.calls_per_request,
        high_per_request_s=high.mean_s * high.calls_per_request,
    )


def _find_grown(rows: Sequence[Row], whole_s: float) -> Row | None:
    """The step inside the chain that grew most, then the innermost step in it that grew nearly as much."""
    outer = min(row.depth for row in rows)
    inner = [row for row in rows if row.depth > outer] or list(rows)
    grown = [row for row in inner if row.high_per_request_s >= LEAST_GROWTH * row.low_per_request_s]
    most_s = max((row.grown_s for row in grown), default=0.0)
    longest = max(rows, key=lambda row: row.high_per_request_s)
    is_longer = longest.high_per_request_s >= LEAST_GROWTH * longest.low_per_request_s
    if not is_longer or most_s <= 0 or most_s < LEAST_SHARE * whole_s:
        return None
    return max((row for row in grown if row.grown_s >= OWN_SHARE * most_s), key=lambda row: row.depth)


def _title(data: RunnablesData) -> str:
    users = format_users(data.high_users)
    if data.grown is not None:
        row = data.grown
        return f"{row.name} grew most: {format_seconds(row.low_s)} became {format_seconds(row.high_s)}"
    longest = max(data.rows, key=lambda row: row.high_per_request_s)
    if longest.high_per_request_s < LEAST_GROWTH * longest.low_per_request_s:
        return f"No step of the chain takes much longer with {users}"
    return f"The chain takes longer with {users}, but between its steps more than in any of them"


def _describe(data: RunnablesData) -> str:
    parts = "; ".join(
        f"{row.name} {format_seconds(row.low_s)}, {format_seconds(row.high_s)}" for row in data.rows
    )
    low, high = format_users(data.low_users), format_users(data.high_users)
    return f"Mean time of a call with {low} and with {high}. {parts}."


def _tabulate(runnables: Sequence[RunnableTimes]) -> Table:
    steps = sorted({(load.users, load.step) for times in runnables for load in times.loads})
    return Table(
        caption="Mean time of a call of each step of the chain; × calls a request",
        columns=["Step of the chain", "Kind", *(format_users(users) for users, _ in steps)],
        rows=[[times.name, times.kind, *(_cell(times, step) for _, step in steps)] for times in runnables],
    )


def _cell(times: RunnableTimes, step: int) -> str:
    load = next((load for load in times.loads if load.step == step), None)
    if load is None:
        return format_seconds(None)
    calls = f" × {format_number(load.calls_per_request)}" if abs(load.calls_per_request - 1) > 0.01 else ""
    return f"{format_seconds(load.mean_s)}{calls}"


def draw(figure: Figure, layout: Layout, data: RunnablesData) -> None:
    axes = add_panel(figure, layout, left=12, right=30, top=4, bottom=46)
    known = [value for row in data.rows for value in (row.low_s, row.high_s) if value > 0]
    least_s = max(min(known, default=0.001), 0.0001)
    axes.set_xscale("log")
    axes.set_xlim(least_s / 1.5, max(max(known, default=1.0), 2 * least_s) * 1.9)
    axes.set_ylim(len(data.rows), 0)
    axes.grid(False)
    axes.grid(True, axis="x")
    axes.set_yticks([])
    axes.xaxis.set_major_locator(
        LogLocator(subs=choose_tick_steps(*axes.get_xlim(), 4 if layout.is_narrow else 6))
    )
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_tick_seconds(value)))
    axes.set_xlabel("one call", labelpad=6)
    for index, row in enumerate(data.rows):
        _draw_row(axes, layout, index, row, least_s, is_grown=row is data.grown)


def _draw_row(axes: Axes, layout: Layout, index: int, row: Row, least_s: float, *, is_grown: bool) -> None:
    colour = BAD if is_grown else MUTED
    letters = NARROW_LETTERS if layout.is_narrow else WIDE_LETTERS
    indent = INDENT * min(row.depth, 5)
    axes.annotate(
        shorten(row.name, letters - indent // 6), (axes.get_xlim()[0], index), xytext=(2 + indent, -10),
        textcoords="offset points", va="center", color=BAD if is_grown else INK, size=layout.small_size,
        fontweight="bold" if is_grown else "normal",
    )  # fmt: skip
    middle = index + 28 / ROW
    low_s, high_s = max(row.low_s, least_s), max(row.high_s, least_s)
    axes.plot([low_s, high_s], [middle, middle], color=colour, linewidth=2)
    axes.plot(
        [low_s],
        [middle],
        "o",
        markersize=8,
        markerfacecolor="none",
        markeredgecolor=colour,
        markeredgewidth=1.6,
    )
    axes.plot([high_s], [middle], "o", markersize=8, color=colour if is_grown else GOOD)
    axes.annotate(
        format_seconds(row.high_s), (max(low_s, high_s), middle), xytext=(9, 0), textcoords="offset points",
        va="center", color=INK, size=layout.small_size,
    )  # fmt: skip

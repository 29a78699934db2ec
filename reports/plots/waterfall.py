"""Two requests as they went, the median and the slowest: what each was in, and which step of the chain it was at."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.material import Material, Segment, Waterfall, WaterfallRow
from reports.plots.canvas import Layout, add_panel
from reports.plots.chart import Chart
from reports.plots.legend import draw_legend, fill_of, legend_height, shorten
from reports.plots.palette import GRID, INK, MUTED
from reports.states import name_state, stack_order
from reports.step_table import Table
from reports.units import format_ratio, format_seconds, format_tick_seconds, format_users

ROW = 36  # pixels: a line of words and a bar
HEAD = 46  # of each request: its title and its strip
AXIS = 50
INDENT = 12
MOST_STATES = 6  # named below; the words of the rows and the table have the others
NARROW_LETTERS, WIDE_LETTERS = 42, 80


def make_chart(material: Material) -> Chart | None:
    """None when no request of the step was traced."""
    falls = list(material.waterfalls)
    if not falls:
        return None
    states = _list_states(falls)
    return Chart(
        name="waterfall",
        title=_title(falls),
        caption=(
            f"One request each, with {format_users(falls[0].users)}. Thick bar: what it was in at each instant. Below: "
            "the steps of the chain (grey) and what was waited for in them."
        ),
        description=_describe(falls),
        table=_tabulate(falls),
        draw=lambda figure, layout: draw(figure, layout, falls, states),
        height=lambda layout: sum(map(_height, falls)) + AXIS + legend_height(len(states), layout),
    )


def _height(fall: Waterfall) -> int:
    return HEAD + ROW * len(fall.rows) + (18 if fall.hidden_count else 0) + 6


def _list_states(falls: Sequence[Waterfall]) -> list[str]:
    totals: dict[str, float] = {}
    for fall in falls:
        for state, seconds in _sum(fall.strip).items():
            totals[state] = totals.get(state, 0.0) + seconds
    return stack_order(sorted(totals, key=lambda state: -totals[state])[:MOST_STATES])


def _sum(segments: Sequence[Segment]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for segment in segments:
        totals[segment.state] = totals.get(segment.state, 0.0) + segment.end_s - segment.start_s
    return dict(sorted(totals.items(), key=lambda item: -item[1]))


def _title(falls: Sequence[Waterfall]) -> str:
    slowest = falls[-1]
    state, seconds = next(iter(_sum(slowest.strip).items()))
    share = format_ratio(seconds / slowest.response_s)
    return f"The {slowest.name} request took {format_seconds(slowest.response_s)}; {share} of it: {name_state(state)}"


def _describe(falls: Sequence[Waterfall]) -> str:
    parts = []
    for fall in falls:
        words = ", ".join(
            f"{name_state(s)} {format_seconds(v)}" for s, v in list(_sum(fall.strip).items())[:4]
        )
        parts.append(f"The {fall.name} request took {format_seconds(fall.response_s)}: {words}")
    return f"Two requests with {format_users(falls[0].users)}. {'. '.join(parts)}."


def _tabulate(falls: Sequence[Waterfall]) -> Table:
    return Table(
        caption=f"Requests {' and '.join(f'{fall.trace_id} ({fall.name})' for fall in falls)}",
        columns=["Row", "Request", "Begins", "Lasts", "Of it waited or used"],
        rows=[_row(fall, row) for fall in falls for row in fall.rows],
    )


def _name(row: WaterfallRow) -> str:
    return row.label if row.count == 1 else f"{row.label} × {row.count:,}"


def _row(fall: Waterfall, row: WaterfallRow) -> list[str]:
    words = (
        f"{name_state(state)} {format_seconds(seconds)}" for state, seconds in _sum(row.segments).items()
    )
    return [
        _name(row),
        fall.name,
        format_seconds(max(row.start_s, 0.0)),
        format_seconds(row.length_s),
        ", ".join(words),
    ]


def draw(figure: Figure, layout: Layout, falls: Sequence[Waterfall], states: Sequence[str]) -> None:
    top = 0.0
    end_s = max(fall.response_s for fall in falls)
    for fall in falls:
        bottom = layout.height - top - _height(fall)
        axes = add_panel(figure, layout, left=12, right=22, top=top, bottom=bottom)
        axes.set_xlim(0, end_s * 1.001)
        axes.set_ylim(_height(fall), 0)
        axes.set_yticks([])
        axes.grid(False)
        axes.grid(True, axis="x")
        axes.spines["bottom"].set_visible(fall is falls[-1])
        axes.xaxis.set_major_locator(MaxNLocator(4 if layout.is_narrow else 7))
        if fall is falls[-1]:
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_tick_seconds(value)))
            axes.set_xlabel("since the request was sent", labelpad=6)
        else:
            axes.tick_params(axis="x", length=0, labelbottom=False)
        _draw_fall(axes, layout, fall)
        top += _height(fall)
    draw_legend(figure, layout, states)


def _draw_fall(axes: Axes, layout: Layout, fall: Waterfall) -> None:
    axes.text(0, 10, f"{fall.name}: {format_seconds(fall.response_s)}", va="center", color=INK, fontweight="bold",
              size=layout.small_size)  # fmt: skip
    _draw_segments(axes, fall.strip, 31, 17)
    letters = NARROW_LETTERS if layout.is_narrow else WIDE_LETTERS
    for index, row in enumerate(fall.rows):
        top = HEAD + index * ROW
        indent = INDENT * min(row.depth, 5)
        axes.annotate(
            shorten(_name(row), letters - indent // 6), (0, top + 10), xytext=(indent, 0), textcoords="offset points",
            va="center", color=MUTED, size=layout.small_size,
        )  # fmt: skip
        middle = top + 24
        runs = [(start_s, end_s - start_s) for start_s, end_s in row.runs]
        axes.broken_barh(runs, (middle - 4.5, 9), facecolor=GRID, linewidth=0)
        _draw_segments(axes, row.segments, middle, 9)
    if fall.hidden_count:
        axes.text(0, HEAD + len(fall.rows) * ROW + 8, f"and {fall.hidden_count:,} more", va="center", color=MUTED,
                  size=layout.small_size)  # fmt: skip


def _draw_segments(axes: Axes, segments: Sequence[Segment], middle: float, height: float) -> None:
    runs: dict[str, list[tuple[float, float]]] = {}
    for segment in segments:
        runs.setdefault(segment.state, []).append((segment.start_s, segment.end_s - segment.start_s))
    for state, own in runs.items():
        axes.broken_barh(own, (middle - height / 2, height), **fill_of(state))

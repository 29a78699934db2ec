"""The run over time: answers a second, step by step, and below it what went wrong when."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.material import Material, StepSpan, Timeline
from reports.plots.canvas import Layout, add_panel, set_rate_ticks
from reports.plots.chart import Chart
from reports.plots.palette import BAD, GOOD, GRID, HIGH, INK, LIMITED, MUTED, SHADE
from reports.states import STATE_COLOURS
from reports.step_table import Table
from reports.units import (
    format_count,
    format_number,
    format_ratio,
    format_seconds,
    format_tick_seconds,
    format_users,
    plural,
)

MOST_ROWS = 60  # of the table; finer bins are in the run directory
ROW_HEIGHT = 22  # pixels of a strip below the chart
RIGHT = 24  # half a label of the last moment
DIGIT_WIDTH = 8  # pixels
LEAST_LATE = 0.05  # of a bin: shorter stretches of the event loop are no event


def make_chart(material: Material) -> Chart | None:
    """None when nothing was timed."""
    timeline = material.timeline
    if timeline is None or not timeline.spans or not len(timeline.ok_counts):
        return None
    return Chart(
        name="timeline",
        title=_title(timeline),
        caption=_caption(timeline),
        description=_describe(timeline),
        table=_tabulate(timeline),
        draw=lambda figure, layout: draw(figure, layout, timeline),
        height=lambda layout: layout.height + ROW_HEIGHT * max(0, len(_list_strips(timeline)) - 1),
    )


def _title(timeline: Timeline) -> str:
    unsteady = [span.users for span in timeline.spans if span.is_steady is False]
    if timeline.restarts_s:
        return f"The target was restarted {_times(len(timeline.restarts_s))} during the run"
    if sum(timeline.error_counts):
        return (
            f"Errors begin in the step with {format_users(_users_at_first(timeline, timeline.error_counts))}"
        )
    if timeline.rate_limited_counts and sum(timeline.rate_limited_counts):
        users = _users_at_first(timeline, timeline.rate_limited_counts)
        return f"The provider's 429s begin in the step with {format_users(users)}; all were retried"
    if unsteady:
        return f"Throughput was not steady with {_list_numbers(unsteady)} users"
    if any(span.is_steady for span in timeline.spans):
        return "Throughput was steady, and nothing failed"
    return "Nothing failed; the steps are too short to tell whether they were steady"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _list_numbers(numbers: Sequence[int]) -> str:
    words = [f"{number:,}" for number in numbers]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _users_at_first(timeline: Timeline, counts: Sequence[int]) -> int:
    """Users of the step that was on, or just over, when the first one came."""
    first_s = next(index for index, count in enumerate(counts) if count) * timeline.bin_s + timeline.bin_s / 2
    begun = [span for span in timeline.spans if span.start_s <= first_s]
    return begun[-1].users if begun else timeline.spans[0].users


def _caption(timeline: Timeline) -> str:
    return (
        f"Good answers in bins of {format_tick_seconds(timeline.bin_s)}. Grey: warm-up, cut off before anything is "
        "computed. Dashed: the mean of what remains. Numbers on top: users; ! means not steady."
        + (
            " Loop late: the event loop was in stretches so long that others waited."
            if _is_late(timeline)
            else ""
        )
    )


def _is_late(timeline: Timeline) -> bool:
    return any(ratio >= LEAST_LATE for ratio in timeline.loop_late_ratios or [])


def _describe(timeline: Timeline) -> str:
    steps = "; ".join(
        f"{format_users(span.users)} from {format_seconds(span.start_s)} to {format_seconds(span.end_s)}: "
        f"{format_number(span.throughput_per_s)} answers/s"
        for span in timeline.spans
    )
    limited, faults = timeline.rate_limited_counts, timeline.fault_counts
    bad = [
        plural(sum(timeline.error_counts), "error"),
        *([f"{format_count(sum(limited))} 429s"] if limited is not None else []),
        *([plural(sum(faults), "fault")] if faults else []),
        plural(len(timeline.restarts_s), "restart"),
        *(["the event loop held up at times"] if _is_late(timeline) else []),
    ]
    return f"Answers a second over the run. {steps}. {', '.join(bad)}."


def _tabulate(timeline: Timeline) -> Table:
    """Columns of what was not measured are left out."""
    count = len(timeline.ok_counts)
    width = math.ceil(count / MOST_ROWS)
    counted = {
        "Errors": timeline.error_counts, "429s": timeline.rate_limited_counts, "Faults": timeline.fault_counts,
    }  # fmt: skip
    columns = {title: counts for title, counts in counted.items() if counts is not None}
    late = timeline.loop_late_ratios
    rows = []
    for start in range(0, count, width):
        part = slice(start, start + width)
        bins = min(start + width, count) - start
        rows.append(
            [
                format_seconds(start * timeline.bin_s),
                format_number(sum(timeline.ok_counts[part]) / (bins * timeline.bin_s)),
                *(format_count(sum(counts[part])) for counts in columns.values()),
                *([format_ratio(sum(late[part]) / bins)] if late is not None else []),
            ]
        )
    titles = ["From", "Answers/s", *columns, *(["Loop late"] if late is not None else [])]
    return Table(caption="The run over time", columns=titles, rows=rows)


def draw(figure: Figure, layout: Layout, timeline: Timeline) -> None:
    strips = _list_strips(timeline)
    foot = 46 + ROW_HEIGHT * len(strips)
    axes = add_panel(figure, layout, right=RIGHT, bottom=foot)
    end_s = len(timeline.ok_counts) * timeline.bin_s
    axes.set_xlim(0, end_s)
    axes.set_ylim(0, (max(timeline.ok_per_s) or 1.0) * 1.12)
    set_rate_ticks(axes)
    for span in timeline.spans:
        _draw_span(axes, span, layout, end_s)
    axes.stairs(
        timeline.ok_per_s,
        _edges(timeline),
        color=GOOD,
        linewidth=1.3 if layout.is_narrow else 1.8,
        baseline=None,
    )
    for row, (label, colour, counts) in enumerate(strips):
        _draw_strip(
            figure, layout, foot - (row + 1) * ROW_HEIGHT, (label, colour, counts), end_s, timeline.bin_s
        )
    _draw_time_axis(axes, layout, foot)


def _edges(timeline: Timeline) -> list[float]:
    return [index * timeline.bin_s for index in range(len(timeline.ok_counts) + 1)]


def _list_strips(timeline: Timeline) -> list[tuple[str, str, Sequence[float]]]:
    restarts = [0] * len(timeline.ok_counts)
    for at_s in timeline.restarts_s:
        restarts[min(max(int(at_s / timeline.bin_s), 0), len(restarts) - 1)] += 1
    late = [ratio if ratio >= LEAST_LATE else 0.0 for ratio in timeline.loop_late_ratios or []]
    strips: list[tuple[str, str, Sequence[float]]] = [
        ("errors", BAD, timeline.error_counts),
        ("429s", LIMITED, timeline.rate_limited_counts or []),
        ("faults", HIGH, timeline.fault_counts or []),
        ("loop late", STATE_COLOURS["loop_blocked"], late),
        ("restarts", INK, restarts),
    ]
    return [strip for strip in strips if sum(strip[2])]


def _draw_span(axes: Axes, span: StepSpan, layout: Layout, end_s: float) -> None:
    axes.axvspan(span.start_s, span.warmup_end_s, color=SHADE, linewidth=0, zorder=0)
    axes.axvline(span.start_s, color=GRID, linewidth=1)
    if span.throughput_per_s is not None:
        ends = [span.warmup_end_s, span.end_s]
        axes.plot(ends, [span.throughput_per_s] * 2, color=MUTED, linewidth=1.2, dashes=(4, 3))
    width = axes.get_position().width * layout.width * (span.end_s - span.start_s) / end_s
    label = _label_span(span, width)
    if width < DIGIT_WIDTH * len(label):
        return
    axes.annotate(
        label,
        ((span.start_s + span.end_s) / 2, 1),
        xytext=(0, 7),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        color=BAD if span.is_steady is False else INK,
    )


def _label_span(span: StepSpan, width: float) -> str:
    """What fits; a step that was not steady has its colour, too, and its row in the table of steps."""
    label = format_users(span.users)
    for text, least in ((f"{label}, not steady", 150), (f"{label} !", 80), (f"{span.users:,} !", 0)):
        if span.is_steady is False and width >= least:
            return text
    return label if width >= 70 else f"{span.users:,}"


def _draw_strip(
    figure: Figure,
    layout: Layout,
    bottom: float,
    strip: tuple[str, str, Sequence[float]],
    end_s: float,
    bin_s: float,
) -> None:
    """Bars as high as the bin's share of the worst bin; the number of the worst stands in the chart's table."""
    label, colour, counts = strip
    top = layout.height - bottom - ROW_HEIGHT + 5
    axes = add_panel(figure, layout, right=RIGHT, top=top, bottom=bottom)
    axes.set_xlim(0, end_s)
    axes.set_ylim(0, 1)
    axes.axis("off")
    hit = [index for index, count in enumerate(counts) if count]
    heights = [max(0.25, math.sqrt(counts[index] / max(counts))) for index in hit]
    axes.bar([index * bin_s for index in hit], heights, width=bin_s, align="edge", color=colour, linewidth=0)
    axes.annotate(
        label, (0, 0.5), xytext=(-6, 0), textcoords="offset points", ha="right", va="center",
        color=INK if colour in STATE_COLOURS.values() else colour, size=layout.small_size,
    )  # fmt: skip


def _draw_time_axis(axes: Axes, layout: Layout, foot: float) -> None:
    """Below the strips, which lie between it and the chart."""
    axes.xaxis.set_major_locator(MaxNLocator(5 if layout.is_narrow else 8, steps=[1, 2, 3, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_tick_seconds(value)))
    axes.tick_params(axis="x", pad=foot - 46 + 4)
    axes.set_xlabel("since the first step began", labelpad=6)

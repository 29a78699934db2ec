"""Errors and retries: how many requests failed, and what the provider's calls came to, over users."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.material import Material
from reports.plots.canvas import Layout, add_panel, spread_labels
from reports.plots.chart import Chart
from reports.plots.palette import BAD, HIGH, LIMITED, MUTED
from reports.plots.users_axis import UsersAxis, draw_users_axis
from reports.step_table import make_call_table
from reports.units import format_number, format_ratio, format_users
from reports.verdict import StepSummary, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of the chart, a request."""

    label: str
    colour: str
    marker: str
    users: tuple[int, ...]
    ratios: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorsData:
    """The numbers of the chart; all of them stand in the verdict."""

    lines: tuple[Series, ...]
    axis: UsersAxis


def make_chart(material: Material) -> Chart | None:
    """None when nothing failed and nothing was tried again."""
    data = collect(material.verdict)
    if data is None:
        return None
    return Chart(
        name="errors",
        title=_title(data),
        caption=(
            "For each request that ended: did it fail; how many of its provider calls were refused with 429, broken on "
            "purpose, or a second try."
        ),
        description=_describe(data),
        table=make_call_table(material.verdict.steps),
        draw=lambda figure, layout: draw(figure, layout, data),
    )


def collect(verdict: Verdict) -> ErrorsData | None:
    kinds: tuple[tuple[str, str, str, Callable[[StepSummary], float | None]], ...] = (
        ("failed", BAD, "s", lambda step: step.error_ratio),
        ("429s", LIMITED, "D", lambda step: _per_request(step, step.rate_limited_count)),
        ("faults", HIGH, "^", lambda step: _per_request(step, count_faults(step))),
        ("retries", MUTED, "o", lambda step: _per_request(step, step.retry_count)),
    )
    steps = sorted(verdict.steps, key=lambda step: step.users)
    lines = [_series(label, colour, marker, steps, measure) for label, colour, marker, measure in kinds]
    drawn = tuple(line for line in lines if any(line.ratios))
    if not drawn:
        return None
    users = [step.users for step in steps if step.sample_count]
    return ErrorsData(lines=drawn, axis=UsersAxis.of(users or [1], verdict.saturation))


def _series(
    label: str,
    colour: str,
    marker: str,
    steps: Sequence[StepSummary],
    measure: Callable[[StepSummary], float | None],
) -> Series:
    known = [(step.users, ratio) for step in steps if (ratio := measure(step)) is not None]
    users, ratios = tuple(users for users, _ in known), tuple(ratio for _, ratio in known)
    return Series(label=label, colour=colour, marker=marker, users=users, ratios=ratios)


def _per_request(step: StepSummary, count: int | None) -> float | None:
    """Calls are counted over the whole step, so requests are, too."""
    if count is None or not step.calls or not step.attempts_per_request:
        return None
    requests = sum(step.calls.values()) / step.attempts_per_request
    return count / requests if requests else None


def count_faults(step: StepSummary) -> int | None:
    """Calls the provider broke on purpose, or had no room for; None: no ledger."""
    if step.calls is None:
        return None
    return sum(count for kind, count in step.calls.items() if kind.startswith(("fault", "overloaded")))


def _title(data: ErrorsData) -> str:
    line = data.lines[0]
    worst = max(range(len(line.users)), key=lambda index: line.ratios[index])
    users = format_users(line.users[worst])
    if line.label == "failed":
        return f"With {users}, {format_ratio(line.ratios[worst])} of the requests failed"
    words = {"429s": "429s", "faults": "broken calls", "retries": "second tries"}[line.label]
    return f"No request failed, but with {users} there were {format_number(line.ratios[worst])} {words} a request"


def _describe(data: ErrorsData) -> str:
    parts = "; ".join(
        f"{line.label}: "
        + ", ".join(
            f"{format_number(ratio)} with {format_users(users)}"
            for users, ratio in zip(line.users, line.ratios, strict=True)
        )
        for line in data.lines
    )
    return f"For each request. {parts}."


def draw(figure: Figure, layout: Layout, data: ErrorsData) -> None:
    axes = add_panel(figure, layout, right=62)
    draw_users_axis(axes, data.axis, layout)
    top = max(ratio for line in data.lines for ratio in line.ratios)
    axes.set_ylim(0, top * 1.15)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.annotate(
        "a request", (0, 1), xytext=(-50, 7), xycoords="axes fraction", textcoords="offset points", color=MUTED,
        size=layout.small_size,
    )  # fmt: skip
    for line in data.lines:
        axes.plot(line.users, line.ratios, color=line.colour, marker=line.marker, markersize=6, linewidth=2)
    _label_lines(axes, data, layout)


def _label_lines(axes: Axes, data: ErrorsData, layout: Layout) -> None:
    """At the right end of each; moved apart where the ends meet."""
    ends = [float(axes.transData.transform((1.0, line.ratios[-1]))[1]) for line in data.lines]
    placed = spread_labels(ends, gap=layout.font_size * 1.15)
    for line, end, place in zip(data.lines, ends, placed, strict=True):
        axes.annotate(
            line.label, (line.users[-1], line.ratios[-1]), xytext=(9, place - end), textcoords="offset points",
            va="center", color=line.colour, fontweight="bold",
        )  # fmt: skip

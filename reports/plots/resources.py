"""Resources in use: how full each was at each step, side by side, the first to be full in colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from reports.material import Material
from reports.plots.canvas import Layout
from reports.plots.chart import Chart
from reports.plots.legend import shorten
from reports.plots.palette import BAD, GRID, INK, MUTED
from reports.plots.users_axis import MARGIN_RATIO, TICK_GAP
from reports.resources import SYMPTOMS, full_from
from reports.step_table import Table
from reports.units import format_number, format_ratio, format_users
from reports.verdict import Resource

ALWAYS = ("loop", "cpu")
LEAST_USE = 0.05  # resources that are hardly used stand in the table only
MOST_PANELS = 9
PANEL_HEIGHT, PANEL_GAP = 92, 44  # pixels
LETTERS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcesData:
    """The numbers of the chart; all of them stand in the verdict."""

    panels: tuple[Resource, ...]
    first_full: Resource | None


def make_chart(material: Material) -> Chart | None:
    """None when nothing was measured."""
    data = collect(material.verdict.resources)
    if data is None:
        return None
    return Chart(
        name="resources",
        title=_title(data),
        caption=(
            "How much of each was in use, mean over the step, against users (log scale); the line on top is all of it. "
            "Hardly used ones stand in the table."
        ),
        description=_describe(data),
        table=tabulate_resources(material.verdict.resources),
        draw=lambda figure, layout: draw(figure, layout, data),
        height=lambda layout: (
            math.ceil(len(data.panels) / _columns(layout)) * (PANEL_HEIGHT + PANEL_GAP) + 10
        ),
    )


def collect(resources: Sequence[Resource]) -> ResourcesData | None:
    shown = [
        resource
        for resource in resources
        if resource.id in ALWAYS or max(load.use_ratio for load in resource.loads) >= LEAST_USE
    ][:MOST_PANELS]
    if not shown:
        return None
    full = [resource for resource in shown if resource.id not in SYMPTOMS and full_from(resource) is not None]
    return ResourcesData(panels=tuple(shown), first_full=full[0] if full else None)


def _title(data: ResourcesData) -> str:
    first = data.first_full
    if first is None:
        peak = max((one for one in data.panels if one.id not in SYMPTOMS), key=_peak, default=data.panels[0])
        return f"Nothing was full; the {peak.name} came to {format_ratio(_peak(peak))}"
    return f"The {first.name} is full first, with {format_users(full_from(first))}"


def _peak(resource: Resource) -> float:
    return max(load.use_ratio for load in resource.loads)


def _describe(data: ResourcesData) -> str:
    parts = (
        f"{resource.name} "
        + ", ".join(
            f"{format_ratio(load.use_ratio)} with {format_users(load.users)}" for load in resource.loads
        )
        for resource in data.panels
    )
    return f"Resources in use over their capacity. {'; '.join(parts)}."


def tabulate_resources(resources: Sequence[Resource]) -> Table:
    steps = sorted({(load.users, load.step) for resource in resources for load in resource.loads})
    return Table(
        caption="In use over capacity at each step; in brackets how many wait for it at a time",
        columns=["Resource", "Capacity", "Made at", *(format_users(users) for users, _ in steps)],
        rows=[
            [
                resource.name,
                format_number(resource.capacity),
                f"{resource.location.file}:{resource.location.line}" if resource.location else "",
                *(_cell(resource, step) for _, step in steps),
            ]
            for resource in resources
        ],
    )


def _cell(resource: Resource, step: int) -> str:
    load = next((load for load in resource.loads if load.step == step), None)
    if load is None:
        return format_ratio(None)
    waiting = f" ({format_number(load.waiting)})" if load.waiting else ""
    return f"{format_ratio(load.use_ratio)}{waiting}"


def _columns(layout: Layout) -> int:
    return 2 if layout.is_narrow else 3


def draw(figure: Figure, layout: Layout, data: ResourcesData) -> None:
    columns = _columns(layout)
    users = sorted({load.users for resource in data.panels for load in resource.loads})
    left, gap = 40.0, 22.0
    width = (layout.width - left - 14 - gap * (columns - 1)) / columns
    for index, resource in enumerate(data.panels):
        row, column = divmod(index, columns)
        top = row * (PANEL_HEIGHT + PANEL_GAP) + 22
        axes = figure.add_axes(
            (
                (left + column * (width + gap)) / layout.width,
                1 - (top + PANEL_HEIGHT) / layout.height,
                width / layout.width,
                PANEL_HEIGHT / layout.height,
            )
        )
        _draw_panel(
            axes, layout, resource, users, is_first=resource is data.first_full, has_labels=column == 0
        )
        _draw_users(axes, layout, users, width)


def _draw_panel(
    axes: Axes, layout: Layout, resource: Resource, users: Sequence[int], *, is_first: bool, has_labels: bool
) -> None:
    colour = BAD if is_first else MUTED
    loads = sorted(resource.loads, key=lambda load: load.users)
    axes.set_xscale("log")
    axes.set_xlim(users[0] / MARGIN_RATIO, users[-1] * MARGIN_RATIO)
    axes.set_ylim(0, 1.08)
    axes.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"] if has_labels else ["", "", ""])
    axes.tick_params(axis="y", labelsize=layout.small_size)
    axes.axhline(1, color=MUTED, linewidth=1)
    x, y = [load.users for load in loads], [min(load.use_ratio, 1.0) for load in loads]
    axes.fill_between(
        x, 0, y, color=colour if is_first else GRID, alpha=0.25 if is_first else 0.8, linewidth=0
    )
    axes.plot(x, y, color=colour, marker="o", markersize=4.5, linewidth=1.8, clip_on=False)
    axes.annotate(
        shorten(resource.name.partition(" (")[0], LETTERS), (0, 1), xytext=(0, 8), xycoords="axes fraction",
        textcoords="offset points", color=colour if is_first else INK, size=layout.small_size,
        fontweight="bold" if is_first else "normal",
    )  # fmt: skip


def _draw_users(axes: Axes, layout: Layout, users: Sequence[int], width: float) -> None:
    """Every step has its tick; labels that would touch are left out, the first and the last never."""
    low, high = axes.get_xlim()
    places = [width * math.log(n / low) / math.log(high / low) for n in users]
    kept = [0]
    for index in range(1, len(users)):
        if places[index] - places[kept[-1]] >= TICK_GAP and (
            index == len(users) - 1 or places[-1] - places[index] >= TICK_GAP
        ):
            kept.append(index)
    axes.xaxis.set_major_locator(FixedLocator([float(n) for n in users]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"{n:,}" if index in kept else "" for index, n in enumerate(users)])
    axes.tick_params(axis="x", labelsize=layout.small_size)

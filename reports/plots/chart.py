"""What every chart is: a finding in words, the numbers behind it, and a way to draw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from reports.plots.canvas import LAYOUTS, Layout, new_figure
from reports.plots.svg import render_svg
from reports.step_table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart before it is drawn."""

    name: str  # unique in the page; a CSS class and a prefix of ids
    title: str  # the finding, a sentence
    caption: str  # how to read it, and what load it was measured under
    description: str  # for those who do not see it: the numbers
    table: Table
    draw: Callable[[Figure, Layout], None]
    height: Callable[[Layout], int] | None = None  # in pixels; None: that of the layout

    def layout(self, layout: Layout) -> Layout:
        """The layout with the height that this chart needs in it."""
        return layout if self.height is None else replace(layout, height=self.height(layout))


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart drawn at one size."""

    layout: str
    svg: str


def draw_chart(chart: Chart) -> list[Picture]:
    """The chart at each size; the page shows the one that fits."""
    return [Picture(layout=layout.name, svg=_draw(chart, chart.layout(layout))) for layout in LAYOUTS]


def _draw(chart: Chart, layout: Layout) -> str:
    with new_figure(layout) as figure:
        chart.draw(figure, layout)
        return render_svg(
            figure, name=f"{chart.name}-{layout.name}", title=chart.title, description=chart.description
        )

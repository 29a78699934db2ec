"""A blank chart: its size, margins, type and lines, the same for all.  Draws no data.

A chart is drawn twice, for a screen and for a telephone, because text in a scaled picture shrinks with it.  Units are
CSS pixels at the natural size.  Text is measured in DejaVu Sans, which is wider than what browsers show: that is slack.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.plots.palette import GRID, INK, MUTED

STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: searchable, in the page's font, small
    "svg.hashsalt": "chainload",  # the same bytes for the same run
    "text.parse_math": False,  # a dollar sign in a label is a dollar sign
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that the layout is the same everywhere
    "figure.dpi": 72,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 1.0,
    "axes.labelcolor": MUTED,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 1.0,
    "hatch.color": GRID,
    "hatch.linewidth": 1.0,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.minor.size": 0,
    "xtick.major.size": 4,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "path.simplify": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The size a chart is drawn at."""

    name: str
    width: int
    height: int
    font_size: float
    small_size: (
        float  # of what there is little room for; the least that can be read when the picture is scaled down
    )
    is_narrow: bool = False


WIDE = Layout(name="wide", width=680, height=390, font_size=13, small_size=11.6)
NARROW = Layout(name="narrow", width=340, height=320, font_size=12, small_size=11.4, is_narrow=True)
LAYOUTS = (WIDE, NARROW)
TICK_STEPS = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
LEFT = 58.0  # pixels for the labels of the axis upwards


@contextmanager
def new_figure(layout: Layout) -> Iterator[Figure]:
    """A figure to draw on and to save, both inside the block: the style holds there only."""
    style: Any = STYLE | {"font.size": layout.font_size}
    with mpl.rc_context(style), warnings.catch_warnings():
        # Letters that the layout font lacks are the browser's to draw.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield Figure(figsize=(layout.width / 72, layout.height / 72))


def add_panel(
    figure: Figure,
    layout: Layout,
    *,
    left: float = LEFT,
    right: float = 16,
    top: float = 30,
    bottom: float = 46,
) -> Axes:
    """Axes with these margins, in pixels."""
    return figure.add_axes(
        (
            left / layout.width,
            bottom / layout.height,
            1 - (left + right) / layout.width,
            1 - (top + bottom) / layout.height,
        )
    )


def set_rate_ticks(axes: Axes) -> None:
    """The axis upwards in so many a second."""
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}/s" if value else "0"))


def choose_tick_steps(low: float, high: float, most: int) -> tuple[float, ...]:
    """Of a log axis: the finest round steps in a decade that give at most so many ticks."""
    decades = math.log10(high / low)
    return next((steps for steps in TICK_STEPS if decades * len(steps) <= most), TICK_STEPS[-1])


def spread_labels(positions: list[float], gap: float) -> list[float]:
    """Positions at least ``gap`` apart, in the same order, each moved as little as the others allow.

    Neighbours that are too close form a block, laid out evenly around their own middle; blocks that then touch merge.
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    blocks: list[list[int]] = []
    for index in order:
        blocks.append([index])
        while len(blocks) > 1 and _start(blocks[-1], positions, gap) < _end(blocks[-2], positions, gap) + gap:
            last = blocks.pop()
            blocks[-1] += last
    placed = list(positions)
    for block in blocks:
        for rank, index in enumerate(block):
            placed[index] = _start(block, positions, gap) + rank * gap
    return placed


def _start(block: list[int], positions: list[float], gap: float) -> float:
    middle = sum(positions[index] for index in block) / len(block)
    return middle - gap * (len(block) - 1) / 2


def _end(block: list[int], positions: list[float], gap: float) -> float:
    return _start(block, positions, gap) + gap * (len(block) - 1)

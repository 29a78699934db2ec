"""States named beside their colours, below a chart.  Draws no data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reports.plots.canvas import Layout
from reports.plots.palette import GRID, INK, MUTED
from reports.states import STATE_COLOURS, UNKNOWN, name_state

ROW_HEIGHT = 20  # pixels
NOTED_HEIGHT = 35  # of a name with numbers below it
SWATCH = 11
MARGIN = 8
GAP = 6


def fill_of(state: str) -> dict[str, Any]:
    """How a patch of this state is painted: what is not known is hatched, what has no colour of its own is grey."""
    if state == UNKNOWN:
        return {"facecolor": "none", "edgecolor": STATE_COLOURS[UNKNOWN], "hatch": "////", "linewidth": 0.8}
    return {"facecolor": STATE_COLOURS.get(state, GRID), "edgecolor": "none", "linewidth": 0}


def legend_height(count: int, layout: Layout) -> int:
    """Pixels that so many names take below a chart."""
    return ROW_HEIGHT * math.ceil(count / _columns(layout))


def _columns(layout: Layout) -> int:
    return 1 if layout.is_narrow else 2


def draw_legend(figure: Figure, layout: Layout, states: Sequence[str], *, bottom: float = 4) -> None:
    """Below a chart, in columns, read downwards."""
    columns = _columns(layout)
    rows = math.ceil(len(states) / columns)
    for index, state in enumerate(states):
        column, row = divmod(index, rows)
        left = MARGIN + column * (layout.width - MARGIN) / columns
        _draw_entry(figure, layout, state, left, bottom + (rows - row - 0.5) * ROW_HEIGHT)


def draw_noted_legend(
    figure: Figure, layout: Layout, states: Sequence[str], notes: Sequence[str], *, left: float, top: float
) -> None:
    """In one column from ``top`` (pixels above the bottom) downwards, each with numbers below its name."""
    for index, (state, note) in enumerate(zip(states, notes, strict=True)):
        middle = top - index * NOTED_HEIGHT - 9
        _draw_entry(figure, layout, state, left, middle)
        figure.text(
            (left + SWATCH + GAP) / layout.width, (middle - 15) / layout.height, note, va="center", color=MUTED,
            size=layout.small_size,
        )  # fmt: skip


def _draw_entry(figure: Figure, layout: Layout, state: str, left: float, middle: float) -> None:
    swatch = Rectangle(
        (left / layout.width, (middle - SWATCH / 2) / layout.height),
        SWATCH / layout.width,
        SWATCH / layout.height,
        transform=figure.transSubfigure,
        **fill_of(state),
    )
    figure.add_artist(swatch)
    figure.text(
        (left + SWATCH + GAP) / layout.width, middle / layout.height, shorten(name_state(state), 46), va="center",
        color=INK, size=layout.small_size,
    )  # fmt: skip


def shorten(text: str, longest: int) -> str:
    """The text, its end cut off when it is too long."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"

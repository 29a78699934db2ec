"""Colours by what they mean; Okabe-Ito, so that they differ for every eye.  A state keeps its colour everywhere.

Matplotlib draws with these; ``svg`` turns each into a CSS variable, which the page sets for light, dark and print.
"""

from __future__ import annotations

from reports.states import STATE_COLOURS

INK = "#15181c"  # not black: matplotlib leaves black out, and a browser's black does not follow the theme
MUTED = "#5f6670"  # context: bounds, references, axes
GRID = "#dfe2e6"
SHADE = "#eceef1"  # warm-up, not tested
GOOD = "#0072b2"  # good answers, and the point of saturation
BAD = "#d55e00"  # errors
LIMITED = "#e69f00"  # 429s
MIDDLE = "#009e73"  # p50
HIGH = "#cc79a7"  # p95
HIGHEST = "#56b4e9"  # p99

CSS_NAMES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    SHADE: "shade",
    GOOD: "good",
    BAD: "bad",
    LIMITED: "limited",
    MIDDLE: "middle",
    HIGH: "high",
    HIGHEST: "highest",
    **{colour: f"state-{state.replace('_', '-')}" for state, colour in STATE_COLOURS.items()},
}

"""The charts of a run as PNG files, for slides and chats.  Reads the run directory, writes into its folder charts."""

from __future__ import annotations

import io
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import RunDirectoryError
from harness.run_directory import RunDirectory, write_whole
from reports.analysis import analyse
from reports.details import with_details
from reports.plots.canvas import WIDE, new_figure
from reports.plots.catalogue import CHARTS
from reports.plots.chart import Chart
from reports.plots.palette import INK
from reports.render import gather_material

FOLDER = "charts"
DPI = 144  # twice what a chart is drawn at: sharp on dense screens
TITLE_LETTERS = 68
LINE_HEIGHT = 24  # pixels of a line of the title
MARGIN = 14
_NO_METADATA = {"Software": None}  # the same bytes for the same run


def write_pngs(run: RunDirectory) -> list[Path]:
    """One file a chart, in the order of the page.  Raises RunDirectoryError."""
    material = gather_material(with_details(analyse(run)))
    charts = [chart for make in CHARTS if (chart := make(material)) is not None]
    folder = run.file(FOLDER)
    try:
        folder.mkdir(exist_ok=True)
        files = [folder / f"{number:02}-{chart.name}.png" for number, chart in enumerate(charts, 1)]
        for file, chart in zip(files, charts, strict=True):
            write_whole(file, render_png(chart))
        for old in set(folder.glob("[0-9][0-9]-*.png")) - set(files):
            old.unlink()  # of an earlier report, whose charts were others
    except OSError as error:
        raise RunDirectoryError(
            f"the charts of {run.path} cannot be written ({error.strerror}); make room, or copy the directory to where "
            "they can be and run `chainload report --png` on it"
        ) from error
    return files


def render_png(chart: Chart) -> bytes:
    """The chart with its title above it, on white."""
    layout = chart.layout(WIDE)
    lines = textwrap.wrap(chart.title, TITLE_LETTERS)
    head = LINE_HEIGHT * len(lines) + MARGIN
    with new_figure(replace(layout, height=layout.height + head)) as figure:
        parts: Any = figure.subfigures(2, 1, height_ratios=(head, layout.height), hspace=0)
        top, body = parts
        top.text(
            MARGIN / layout.width, 1 - MARGIN / head, "\n".join(lines), va="top", color=INK, fontweight="bold",
            size=layout.font_size + 3,
        )  # fmt: skip
        chart.draw(body, layout)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DPI, facecolor="white", metadata=_NO_METADATA)
    return buffer.getvalue()

"""What a run leaves for its readers: verdict.json, report.html and summary.md.  Reads the run directory only."""

from __future__ import annotations

import msgspec

from harness.errors import RunDirectoryError
from harness.run_directory import RunDirectory, write_whole
from reports.analysis import Analysis, analyse
from reports.material import Material
from reports.page import render_page
from reports.stuck import group_stuck
from reports.summary import render_summary
from reports.timeline import make_timeline


def write_report(run: RunDirectory) -> Analysis:
    """Analyse a run and write its three files, each whole or not at all.  Raises RunDirectoryError."""
    analysis = analyse(run)
    verdict = analysis.verdict
    files = {
        "verdict.json": msgspec.json.format(msgspec.json.encode(verdict), indent=2).decode() + "\n",
        "report.html": render_page(gather_material(analysis)),
        "summary.md": render_summary(verdict),
    }
    try:
        for name, content in files.items():
            write_whole(run.file(name), content)
    except OSError as error:
        raise RunDirectoryError(
            f"the report of {run.path} cannot be written ({error.strerror}); make room, or copy the directory to where "
            "it can be and run `chainload report` on it"
        ) from error
    return analysis


def gather_material(analysis: Analysis) -> Material:
    """What the page draws from; samples are counted here and not kept."""
    dataset, verdict = analysis.dataset, analysis.verdict
    return Material(
        verdict=verdict,
        info=dataset.info,
        curve=analysis.curve,
        timeline=make_timeline(dataset, verdict.steps),
        stuck=group_stuck(dataset.stuck, {step.index: step.users for step in dataset.steps}),
    )

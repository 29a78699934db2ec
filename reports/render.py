"""What a run leaves for its readers: verdict.json, report.html and summary.md.  Reads the run directory only."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.errors import RunDirectoryError
from harness.probe_records import ProbeStatus
from harness.run_directory import RunDirectory, write_whole
from reports.analysis import Analysis, analyse
from reports.details import with_details
from reports.distributions import list_distributions
from reports.gate.criteria import GATE_SCHEMA, GateVerdict
from reports.material import Material
from reports.page import render_page
from reports.stuck import group_stuck
from reports.summary import render_summary
from reports.timeline import make_timeline
from reports.waterfalls import list_waterfalls

GATE_FILE = "gate.json"
NEVER_USED = "never imported"


def write_report(run: RunDirectory) -> Analysis:
    """Analyse a run and write its three files, each whole or not at all.  Raises RunDirectoryError."""
    analysis = with_details(analyse(run))
    write_files(run, analysis)
    return analysis


def write_files(run: RunDirectory, analysis: Analysis) -> None:
    """The three files of an analysis, told in full.  Raises RunDirectoryError."""
    verdict = analysis.verdict
    files = {
        "verdict.json": msgspec.json.format(msgspec.json.encode(verdict), indent=2).decode() + "\n",
        "report.html": render_page(gather_material(analysis, gate=read_gate(run))),
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


def read_gate(run: RunDirectory) -> GateVerdict | None:
    """What a gate left in the run's directory; None when there is none, or it is of another version."""
    try:
        gate = msgspec.json.decode(run.file(GATE_FILE).read_bytes(), type=GateVerdict)
    except (OSError, msgspec.DecodeError):
        return None
    return gate if gate.schema == GATE_SCHEMA else None


def list_probe_gaps(probes: Sequence[ProbeStatus]) -> list[str]:
    """What could not be measured, and why; libraries that were never used leave no gap."""
    return [
        f"{probe.name}: {probe.reason}"
        for probe in probes
        if not probe.is_installed and not probe.reason.startswith(NEVER_USED)
    ]


def gather_material(analysis: Analysis, *, gate: GateVerdict | None = None) -> Material:
    """What the page draws from; samples are counted here and not kept."""
    dataset, verdict, situation = analysis.dataset, analysis.verdict, analysis.situation
    return Material(
        verdict=verdict,
        info=dataset.info,
        curve=analysis.curve,
        timeline=make_timeline(dataset, verdict.steps, situation.recording.loop),
        stuck=group_stuck(dataset.stuck, {step.index: step.users for step in dataset.steps}),
        distributions=list_distributions(dataset, verdict.steps, verdict.saturation),
        waterfalls=list_waterfalls(situation),
        probe_gaps=list_probe_gaps(situation.recording.probes),
        gate=gate,
    )

"""The table of probes, and what is written of it."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import Bench

from harness.probe_records import ProbeStatus
from harness.target.frames import FrameReader
from harness.target.probes import all_probes

DOCS = Path(__file__).parents[3] / "docs" / "probes.md"


def test_every_probe_is_documented_and_the_reverse() -> None:
    rows = [line.split("|")[1] for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert documented == {probe.name for probe in all_probes(FrameReader())}


def test_every_probe_says_whether_it_works(bench: Bench) -> None:
    statuses = {status.name: status for status in bench.records(ProbeStatus)}
    assert set(statuses) >= {probe.name for probe in all_probes(FrameReader())}
    assert all(status.is_installed or status.reason for status in statuses.values())

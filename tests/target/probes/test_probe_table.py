"""The table of probes, and what is written of it."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType

from conftest import Bench

from harness.probe_records import ProbeStatus
from harness.target.frames import FrameReader
from harness.target.probes import all_probes
from harness.target.probes.probe import Patches

DOCS = Path(__file__).parents[3] / "docs" / "probes.md"


def test_every_probe_is_documented_and_the_reverse() -> None:
    rows = [line.split("|")[1] for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert documented == {probe.name for probe in all_probes(FrameReader())}


def test_every_probe_says_whether_it_works(bench: Bench) -> None:
    statuses = {status.name: status for status in bench.records(ProbeStatus)}
    assert set(statuses) >= {probe.name for probe in all_probes(FrameReader())}
    assert all(status.is_installed or status.reason for status in statuses.values())


def test_another_version_of_a_library_breaks_no_import(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "odd_library.py").write_text("VALUE = 1")
    sys.path.insert(0, str(tmp_path))

    def patch(module: ModuleType) -> None:
        Patches().replace(module, "gone", lambda original: original)

    try:
        bench.probes.context.imports.when_loaded("odd_library", patch)
        assert importlib.import_module("odd_library").VALUE == 1
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("odd_library", None)
    (status,) = [one for one in bench.records(ProbeStatus) if one.name == "import:odd_library"]
    assert status.reason == "CannotInstall: odd_library has no gone in this version"

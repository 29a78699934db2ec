"""A gate reads runs that still go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from measured_pairs import write_pairs

import reports.columns
from harness.pair_plan import SIDES
from reports.gate.paired.slices import read_pairs


def test_what_is_written_while_it_is_read_stays_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = write_pairs(tmp_path, {side: [(0.5, 0.5)] for side in SIDES})
    whole = len(read_pairs(directory).datasets["head"].steps[0].samples)
    monkeypatch.setattr(reports.columns, "count_lines", lambda path: 5)
    assert whole > 5
    assert len(read_pairs(directory).datasets["head"].steps[0].samples) == 5

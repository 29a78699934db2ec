from __future__ import annotations

from pathlib import Path

from synthetic_probes import Stage, make_probed_run

from reports.analysis import analyse
from reports.state_table import count_traces, make_state_table

PROVIDER = Stage(work="provider", seconds=0.1, resource="provider", line=20)
LOCK = Stage(
    work="sleep", seconds=0.1, wait="lock_wait", hold="hold", resource="lock:site41", capacity=1, line=41
)


def test_the_state_that_grew_comes_first_with_its_place_and_share(tmp_path: Path) -> None:
    situation = analyse(make_probed_run(tmp_path / "run", [PROVIDER, LOCK])).situation
    table = make_state_table(situation)
    assert table.columns[0] == "State" and table.columns[-1] == "Of what was added"
    assert table.rows[0][0].startswith("waiting for a lock") and "app/chain.py:41" in table.rows[0][0]
    assert table.rows[-1][0] == "response time" and table.rows[-1][-1] == "100 %"
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_nothing_is_claimed_to_have_been_added_when_nothing_grew(tmp_path: Path) -> None:
    table = make_state_table(analyse(make_probed_run(tmp_path / "run", [PROVIDER])).situation)
    assert "Of what was added" not in table.columns and table.rows


def test_without_traces_there_are_no_rows(tmp_path: Path) -> None:
    run = make_probed_run(tmp_path / "run", [PROVIDER])
    run.file("probes.jsonl").unlink()
    situation = analyse(run).situation
    assert make_state_table(situation).rows == [] and count_traces(situation) == "–"

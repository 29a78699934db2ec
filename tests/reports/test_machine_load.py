from pathlib import Path

import pytest
from synthetic_probes import Stage, make_probed_run
from synthetic_run import ORIGIN_S

from harness.probe_records import LoopActivity, ProbeRecord, ProcessReading
from reports.analysis import analyse

STAGE = Stage(work="provider", seconds=0.1, resource="provider")


def notices(path: Path, *, starved_s: float, cpu_per_s: float) -> list[str]:
    """Of two steps, in which the loop is busy half of the time."""
    extra: list[ProbeRecord] = []
    for tick in range(60):
        at_s = ORIGIN_S + tick * 0.5
        extra.append(
            LoopActivity(
                start_s=at_s,
                end_s=at_s + 0.5,
                busy_s=0.25,
                cpu_s=0.1,
                starved_s=starved_s,
                late_s=0.0,
                longest_s=0.01,
            )
        )
        extra.append(ProcessReading(at_s=at_s, cpu_s=tick * 0.5 * cpu_per_s))
    run = make_probed_run(path / "run", [STAGE], steps=(1, 4), loop_busy_ratio=None, extra=extra)
    return analyse(run).verdict.health.notices


def test_a_machine_without_a_free_processor_is_said(tmp_path: Path) -> None:
    assert "no processor free for 80 % of the time" in notices(tmp_path, starved_s=0.2, cpu_per_s=0.2)[0]


@pytest.mark.parametrize(
    ("starved_s", "cpu_per_s"), [(0.05, 0.2), (0.2, 0.95)], ids=["calm", "filled by the target"]
)
def test_otherwise_nothing_is(tmp_path: Path, starved_s: float, cpu_per_s: float) -> None:
    assert notices(tmp_path, starved_s=starved_s, cpu_per_s=cpu_per_s) == []

"""Pairs as two runs leave them, without running anything: users who are answered after a given time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.pair_plan import SIDES, PairPlan, SideName
from harness.records import Event, GeneratorHealth, Sample
from harness.run_directory import JsonlWriter, RunDirectory, RunInfo
from harness.settings import RunSettings

HOLD_S = 3.0
HIGH, LOW = 10, 2


def write_pairs(
    directory: Path,
    response_s: Mapping[SideName, Sequence[tuple[float, float]]],
    *,
    loaded_from: Mapping[SideName, Sequence[Path]] | None = None,
    is_calibration: bool = False,
    cpu_ratio: float = 0.1,
    failing: Sequence[SideName] = (),
) -> Path:
    """response_s: of each pair, with many users and with few."""
    roots = {side: directory / f"tree-{side}" for side in SIDES}
    directory.mkdir(parents=True, exist_ok=True)
    PairPlan(
        high_users=HIGH,
        low_users=LOW,
        base="main (1234567890)",
        head="the working tree",
        base_root=str(roots["base"]),
        head_root=str(roots["head"]),
        is_calibration=is_calibration,
    ).write(directory)
    for side in SIDES:
        folders = (loaded_from or {}).get(side, [roots[side]])
        _write_run(
            RunDirectory.create(directory / side),
            [time_s for pair in response_s[side] for time_s in pair],
            folders,
            cpu_ratio=cpu_ratio,
            fails=side in failing,
        )
    return directory


def _write_run(
    run: RunDirectory, times_s: Sequence[float], folders: Sequence[Path], *, cpu_ratio: float, fails: bool
) -> None:
    settings = RunSettings(name="chain", target="chain.py:chain", steps=(LOW, HIGH))
    run.write_info(RunInfo(settings=settings, started_wall="2026-01-01T00:00:00Z", started_s=0.0))
    events, samples, health = (
        JsonlWriter(run.file(name)) for name in ("events.jsonl", "samples.jsonl", "generator.jsonl")
    )
    ready = {"port": 1, "pid": 1, "loaded_from": [str(folder) for folder in folders]}
    events.write(Event(at_s=0.0, kind="target_ready", data=ready))
    for step, time_s in enumerate(times_s):
        users, start_s = (HIGH, LOW)[step % 2], 10.0 * step + 1.0
        end_s = start_s + HOLD_S
        events.write(Event(at_s=start_s, kind="step_started", step=step, users=users))
        events.write(Event(at_s=end_s, kind="step_ended", step=step, users=users))
        health.write(
            GeneratorHealth(
                step=step, worker=0, start_s=start_s, end_s=end_s, cpu_ratio=cpu_ratio, lag_p95_s=0.0
            )
        )
        for sample in _make_samples(step, users, start_s, time_s, fails=fails):
            samples.write(sample)
    for writer in (events, samples, health):
        writer.close()


def _make_samples(step: int, users: int, start_s: float, time_s: float, *, fails: bool) -> list[Sample]:
    """Each user begins again when it is answered, the last time within the hold."""
    count = int(HOLD_S / time_s) + 1
    return [
        Sample(
            trace_id=f"{step:08x}{user:08x}{number:016x}",
            step=step,
            user=user,
            sequence=number,
            due_s=start_s + number * time_s,
            start_s=start_s + number * time_s,
            end_s=start_s + (number + 1) * time_s,
            outcome="error" if fails else "ok",
            status=500 if fails else 200,
            error="RuntimeError: no" if fails else None,
        )
        for user in range(users)
        for number in range(count)
    ]

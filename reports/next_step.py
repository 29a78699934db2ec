"""Which step a running run should make next, from what its directory says so far.

    python -P -m reports.next_step RUN_DIR

answers each line on standard input with one line of JSON, an ``Advice``, and ends with its input.  Started by the load
process, which has no place for the libraries that judge steps.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from harness.run_directory import RunDirectory
from harness.step_orders import Advice
from reports.analysis import MANY_STUCK_RATIO
from reports.attribution.recording import load_recording
from reports.causes.situation import Situation
from reports.causes.stuck_calls import find_stuck_calls, stuck_ratio
from reports.dataset import Dataset, load_dataset
from reports.resources import list_resources
from reports.saturation import choose_next_step, find_interval, find_saturation_point
from reports.steps import summarise_steps
from reports.units import format_user_interval
from reports.verdict import StepSummary

MOST_FAILED_RATIO = 0.5  # of requests: more users would only fail more
BUSY_GENERATOR_RATIO = 0.85  # of a core: more users would measure the load generator
WHOLE_WARMUP_RATIO = (
    0.49  # of the hold: a step that was too short is not made steadier by once more of the same
)


def advise(run: RunDirectory) -> Advice:
    """The step that would tell most.  Raises RunDirectoryError when the run cannot be read."""
    dataset = load_dataset(run)
    steps = [step for step in summarise_steps(dataset) if step.arrivals_per_s is None]
    stuck = find_stuck_calls(dataset, steps)
    if any(stuck_ratio(stuck, step) >= MANY_STUCK_RATIO for step in steps):
        return Advice(users=None, note="users get stuck in calls that never return")
    unsteady = find_unsteady(steps)
    if unsteady is not None:
        return Advice(users=unsteady.users, purpose="repeat", note="not steady the first time")
    hints = list_full_loads(dataset, steps, run) if len(steps) > 1 else []
    settings = dataset.info.settings
    asked = None if settings.climbs else max(settings.steps)
    choice = choose_next_step(steps, most=_most_users(dataset, steps), asked=asked, hints=hints)
    note = _describe_interval(steps)
    if choice is None:
        return Advice(users=None, note=note)
    return Advice(users=choice.users, purpose="evidence" if choice.is_hint else "refinement", note=note)


def find_unsteady(steps: Sequence[StepSummary]) -> StepSummary | None:
    """The first step that was not steady, was long enough to be, and has not been run twice."""
    counts = [step.users for step in steps]
    return next(
        (
            step
            for step in steps
            if step.is_steady is False
            and step.ok_count
            and step.warmup_s < WHOLE_WARMUP_RATIO * step.hold_s
            and counts.count(step.users) == 1
        ),
        None,
    )


def list_full_loads(dataset: Dataset, steps: Sequence[StepSummary], run: RunDirectory) -> list[int]:
    """Users at which something would be full, by how much of it each user took when there were few; and beside it."""
    situation = Situation(
        dataset=dataset,
        steps=steps,
        saturation=find_saturation_point(steps),
        recording=load_recording(run.file("probes.jsonl")),
    )
    found: set[int] = set()
    for resource in list_resources(situation):
        first = min(resource.loads, key=lambda load: load.users)
        if resource.capacity is not None and first.use_ratio > 0:
            full = round(first.users / first.use_ratio)
            found |= {full - 1, full, full + 1, round(resource.capacity)}
    return sorted(users for users in found if users >= 1)


def _most_users(dataset: Dataset, steps: Sequence[StepSummary]) -> int:
    largest = max(steps, key=lambda step: step.users, default=None)
    if largest is not None and (
        (largest.error_ratio or 0.0) >= MOST_FAILED_RATIO
        or (largest.generator_cpu_ratio or 0.0) >= BUSY_GENERATOR_RATIO
    ):
        return largest.users
    return dataset.info.settings.most_users


def _describe_interval(steps: Sequence[StepSummary]) -> str | None:
    interval = find_interval(steps)
    return None if interval is None else f"interval {format_user_interval(interval)}"


def answer(run: RunDirectory, questions: Iterator[str]) -> Iterator[bytes]:
    """A line of JSON for each question."""
    for _ in questions:
        yield msgspec.json.encode(advise(run)) + b"\n"


def main() -> None:
    run = RunDirectory.open(Path(sys.argv[1]))
    for line in answer(run, iter(sys.stdin.readline, "")):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

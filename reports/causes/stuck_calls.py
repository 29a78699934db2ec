"""Invocations that would never have returned, told apart from those that were only slow or cut off.  Pure.

A step that is drained cuts off innocent requests, and an overloaded target makes innocent ones wait: neither is a
hang.  So an invocation counts only when it is far older than those of its step that did return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.records import Invocation
from reports.dataset import Dataset
from reports.verdict import StepSummary

FAR_OLDER_HUNG = 3.0  # times the p99 of its step, for one that outlived the time-out
FAR_OLDER_CANCELLED = 5.0  # for one that was cut off at the end of its step
BUSY_GENERATOR_RATIO = 0.9  # CPU: beyond it the generator may have kept the answer waiting itself


def find_stuck_calls(dataset: Dataset, steps: Sequence[StepSummary]) -> list[Invocation]:
    """In order of recording; empty when all that did not return may just have been slow."""
    usual_s = _usual_response(steps)
    by_index = {step.index: step for step in steps}
    return [
        invocation
        for invocation in dataset.stuck
        if invocation.step in by_index
        and _is_stuck(invocation, dataset, by_index[invocation.step], usual_s[invocation.step])
    ]


def stuck_ratio(stuck: Sequence[Invocation], step: StepSummary) -> float:
    """Share of a step's users that were stuck at least once."""
    users = {invocation.user for invocation in stuck if invocation.step == step.index}
    return len(users) / step.users


def _is_stuck(invocation: Invocation, dataset: Dataset, step: StepSummary, usual_s: float | None) -> bool:
    age_s = invocation.end_s - invocation.start_s
    if not _waits_in_chain(invocation):
        return False
    if age_s >= dataset.info.settings.timeout_s * 0.99:
        return usual_s is None or age_s >= FAR_OLDER_HUNG * usual_s
    if invocation.outcome != "cancelled" or usual_s is None:
        return False
    is_after_drain = age_s >= dataset.info.settings.drain_s * 0.99
    is_generator_calm = (step.generator_cpu_ratio or 0.0) < BUSY_GENERATOR_RATIO
    return is_after_drain and is_generator_calm and age_s >= FAR_OLDER_CANCELLED * usual_s


def _waits_in_chain(invocation: Invocation) -> bool:
    """Whether the chain was at work.  One that had returned waits for whoever reads its answer."""
    return bool(invocation.open_steps) or any(frame.is_user for frame in invocation.stack)


def _usual_response(steps: Sequence[StepSummary]) -> Mapping[int, float | None]:
    """By step: the p99 of its good answers, or of the next lower step that has any."""
    usual: dict[int, float | None] = {}
    last_s: float | None = None
    for step in sorted(steps, key=lambda step: step.users):
        last_s = step.response_p99_s if step.response_p99_s is not None else last_s
        usual[step.index] = last_s
    return usual

"""From a run directory to its verdict.  Reads the run directory only; writes nothing, prints nothing.

Withholds what the measurement does not carry: no verdict on the chain when the load generator was the limit, no
saturation point when users were stuck in calls that never returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harness.errors import ExitCode
from harness.run_directory import RunDirectory
from reports.attribution.recording import load_recording
from reports.capacity_point import find_point_by_capacity
from reports.causes import STANDS_ALONE, Diagnosis, diagnose
from reports.causes.situation import Situation, make_situation
from reports.causes.stuck_calls import find_stuck_calls, stuck_ratio
from reports.dataset import Dataset, load_dataset
from reports.health import judge_health
from reports.machine_load import find_machine_note
from reports.open_loop import find_point_by_arrivals, measure_open_loop, split_loops
from reports.saturation import ThroughputCurve, draw_curve, find_saturation_point, with_efficiency
from reports.saturation_tokens import with_tokens
from reports.steps import summarise_steps
from reports.verdict import Finding, Health, Saturation, StepSummary, Verdict

MANY_STUCK_RATIO = 0.1  # of a step's users: its throughput is then that of the others


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAnalysis:
    """The verdict on steps that something else measured."""

    verdict: Verdict
    curve: ThroughputCurve | None  # None: nothing could be fitted, or nothing is claimed


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis(StepAnalysis):
    """The verdict on a run, and what it was drawn from."""

    dataset: Dataset
    situation: Situation = field(repr=False)


def analyse(run: RunDirectory) -> Analysis:
    """The verdict of a run, complete or not.  Raises RunDirectoryError when run.json cannot be read."""
    dataset, opened = split_loops(load_dataset(run))
    bare = sorted(summarise_steps(dataset), key=lambda step: (step.users, step.index))
    open_loop = measure_open_loop(opened, bare)
    is_open = open_loop is not None and all(step.arrivals_per_s is not None for step in bare)
    measured = (
        find_point_by_arrivals(open_loop.steps) if open_loop and is_open else find_saturation_point(bare)
    )
    steps = with_efficiency(bare, measured)
    situation = make_situation(dataset, steps, measured, load_recording(run.file("probes.jsonl")))
    diagnosis = diagnose(situation)
    findings = diagnosis.findings
    saturation = with_tokens(_withhold(dataset, steps, _decide(measured, findings, steps), findings), steps)
    verdict = Verdict(
        run=_describe(dataset),
        saturation=saturation,
        findings=findings,
        steps=steps,
        health=judge_health(dataset, steps, _caveats(situation, diagnosis)),
        open_loop=open_loop,
    )
    return Analysis(verdict=verdict, curve=draw_curve(bare), dataset=dataset, situation=situation)


def analyse_steps(steps: Sequence[StepSummary], *, name: str) -> StepAnalysis:
    """The verdict on steps measured elsewhere: where they saturate, not why."""
    saturation = find_saturation_point(steps)
    verdict = Verdict(
        run={"name": name, "completed": True},
        saturation=saturation,
        findings=[],
        steps=with_efficiency(steps, saturation),
        health=Health(),
    )
    return StepAnalysis(verdict=verdict, curve=draw_curve(steps))


def _caveats(situation: Situation, diagnosis: Diagnosis) -> list[str]:
    """What is to be known about the whole before any of it is believed."""
    note = find_machine_note(situation)
    return [*diagnosis.unanswered, *([note] if note else [])]


def exit_code_of(verdict: Verdict) -> ExitCode:
    """A finding alone turns no run red; that the harness was the limit does."""
    if any(finding.cause == STANDS_ALONE for finding in verdict.findings):
        return ExitCode.LOAD_GENERATOR_LIMIT
    return ExitCode.OK


def _decide(measured: Saturation, findings: Sequence[Finding], steps: Sequence[StepSummary]) -> Saturation:
    """What the steps leave open, the proof of the cause may settle."""
    if measured.status != "undecided":
        return measured
    return find_point_by_capacity(measured, findings, steps) or measured


def _withhold(
    dataset: Dataset, steps: Sequence[StepSummary], measured: Saturation, findings: Sequence[Finding]
) -> Saturation:
    """The saturation point, unless something else than the chain made the throughput what it was."""
    if any(finding.cause == STANDS_ALONE for finding in findings):
        return _undecide(measured, "the load generator was the limit, not the chain")
    if measured.status == "not_reached":
        return measured
    point = measured.users or max((step.users for step in steps), default=0)
    stuck = find_stuck_calls(dataset, steps)
    # The first step beyond the point made it what it is, as much as those below.
    beyond = min((step.users for step in steps if step.users > point), default=point)
    telling = [
        step for step in steps if step.users <= beyond and stuck_ratio(stuck, step) >= MANY_STUCK_RATIO
    ]
    if not telling:
        return measured
    where = ", ".join(str(users) for users in sorted({step.users for step in telling}))
    return _undecide(
        measured, f"users got stuck in calls that never returned (steps of {where} users); mend that first"
    )


def _undecide(measured: Saturation, reason: str) -> Saturation:
    return msgspec.structs.replace(
        measured,
        status="undecided",
        users=None,
        interval=None,
        lower_bound_users=None,
        safe_users=None,
        next_step=None,
        reason=reason,
    )


def _describe(dataset: Dataset) -> dict[str, Any]:
    """What was run: ``run`` of verdict.json."""
    info = dataset.info
    settings = info.settings
    moments = [event.at_s for event in dataset.events] + [step.end_s for step in dataset.steps]
    return {
        "name": settings.name,
        "target": settings.target,
        "mode": settings.mode,
        "started": info.started_wall,
        "duration_s": max(moments) - info.started_s if moments else None,
        "completed": dataset.is_completed,
        "settings": msgspec.json.decode(msgspec.json.encode(settings)),  # as it reads back: lists, not tuples
        "environment": dict(info.environment),
    }

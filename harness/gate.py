"""Several scenarios in one gate: run what is to be run, judge each, come to one verdict.  Runs in the plain parent.

What is judged is the run's directory, whoever made it; its own part of the verdict stays there as gate.json.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from harness.errors import BadInputError, ExitCode, RunDirectoryError
from harness.gate_settings import GateSettings, Section
from harness.paired.comparison import Against, compare
from harness.run import RunOutcome, RunRequest, execute, make_request
from harness.run_directory import RunDirectory, write_whole
from harness.run_naming import slug
from reports.gate.baseline import Baseline, read_baseline
from reports.gate.criteria import CriterionResult, GatedRun, GateVerdict, decide
from reports.gate.judge import judge
from reports.gate.judge_baseline import judge_against
from reports.gate.limits import Limits, guess
from reports.gate.subject import read_subject
from reports.render import GATE_FILE, write_files
from reports.words import say_verdict

USAGE = (
    "nothing to judge: give the directory of a run, a target or a scenario file, or sections with a target in "
    "[tool.chainload.gate.scenarios]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRequest:
    """What is to be judged, by what."""

    subjects: Sequence[str]  # run directories, targets, scenario files, names of sections; none: all sections
    settings: GateSettings
    limits: Mapping[str, Any] = field(default_factory=dict)  # from options: they hold for every scenario
    run: Mapping[str, Any] = field(default_factory=dict)  # the same, of runs that are made
    processes: int | None = None
    baseline: Path | None = None  # None: the settings'
    against: Against | None = None  # another version, measured in turns with this one
    strict: bool = False
    out: Path | None = None  # folder for the runs that are made
    needs_criteria: bool = True  # False: whoever asks judges the run himself


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One scenario of a gate: a run that exists, or one to make."""

    name: str  # the run's own, by which settings and baseline know it
    scenario: str  # what the reader sees
    limits: Limits
    directory: RunDirectory | None
    request: RunRequest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of a job."""

    results: list[CriterionResult]
    runs: list[GatedRun]


def run_gate(request: GateRequest, console: Console) -> GateVerdict:
    """Raises BadInputError, before anything is run, when what is asked for cannot be judged."""
    kept = _read_baseline(request)
    jobs = _plan(request, has_baseline=kept is not None)
    strict = request.strict or request.settings.strict
    judged = [_perform(job, kept, request, strict=strict, console=console) for job in jobs]
    strays = _list_strays(request.settings, {job.name for job in jobs})
    return decide(
        [*(result for one in judged for result in one.results), *strays],
        strict=strict,
        runs=[run for one in judged for run in one.runs],
    )


# ---- what to judge ----


def _read_baseline(request: GateRequest) -> Baseline | None:
    path = request.baseline or request.settings.baseline
    return None if path is None else read_baseline(path)


def _plan(request: GateRequest, *, has_baseline: bool) -> list[Job]:
    sections = request.settings.sections
    subjects = request.subjects or [name for name, section in sections.items() if section.target]
    if not subjects:
        raise BadInputError(USAGE)
    jobs, problems = [], []
    for subject in subjects:
        try:
            jobs.append(_plan_one(subject, request))
        except (BadInputError, RunDirectoryError) as error:
            problems.append(f"{subject}: {error}" if len(subjects) > 1 else str(error))
    bare = [job.scenario for job in jobs if job.limits.is_empty]
    if bare and request.needs_criteria and not has_baseline and request.against is None:
        problems.append(
            f"no criterion is given for {', '.join(bare)}; ask for one, e.g. --min-users 15, --max-p95 2s@10 or "
            "--forbid defect"
        )
    if problems:
        raise BadInputError("\n".join(problems))
    return _tell_apart(jobs)


def _plan_one(subject: str, request: GateRequest) -> Job:
    path = Path(subject)
    if path.is_dir() and subject not in request.settings.sections:
        directory = RunDirectory.open(path)
        if request.against is not None:
            raise BadInputError(
                f"{subject} is a run that was made; --base makes its own: give the target or scenario"
            )
        own = directory.read_info().settings.name
        limits = request.settings.limits_of(own, request.limits)
        return Job(name=own, scenario=own, limits=limits, directory=directory, request=None)
    scenario, section = _find_section(subject, request.settings)
    given = {**request.settings.run, **section.run, **request.run}
    if scenario is not None:
        given["name"] = scenario
    made = _make_request(section.target or subject, given, request)
    limits = request.settings.limits_of(made.name, request.limits)
    return Job(name=made.name, scenario=made.name, limits=limits, directory=None, request=made)


def _make_request(target: str, given: dict[str, Any], request: GateRequest) -> RunRequest:
    """With a step for every number of users that a limit is given at, held long enough for percentiles."""
    plain = make_request(target, given, processes=request.processes)
    name = given.get("name", plain.name)
    users = request.settings.limits_of(name, request.limits).users
    if users:
        given = {"adapts_hold": False, **given, "steps": tuple(sorted({*plain.steps, *users}))}
    return msgspec.structs.replace(make_request(target, given, processes=request.processes), name=name)


def _find_section(subject: str, settings: GateSettings) -> tuple[str | None, Section]:
    """By its name or its target; a target that no section names is judged by what holds for all."""
    if subject in settings.sections:
        section = settings.sections[subject]
        if section.target is None:
            raise BadInputError(
                f"the section {subject} has no target; give it one, or the directory of a run"
            )
        return subject, section
    named = [(name, section) for name, section in settings.sections.items() if section.target == subject]
    return named[0] if named else (None, Section())


def _tell_apart(jobs: Sequence[Job]) -> list[Job]:
    """Two runs of one scenario are two scenarios to the reader."""
    names = [job.name for job in jobs]
    return [
        replace(job, scenario=f"{job.name} ({job.directory.path.name if job.directory else index + 1})")
        if names.count(job.name) > 1
        else job
        for index, job in enumerate(jobs)
    ]


def _list_strays(settings: GateSettings, judged: set[str]) -> Iterator[CriterionResult]:
    """Sections that name no run: limits that are never applied look like limits that hold."""
    for name, section in settings.sections.items():
        if name in judged or section.target is not None:
            continue
        yield CriterionResult(
            name="scenario",
            scenario=name,
            status="failed",
            reason=f"no run of this name was judged (judged: {', '.join(sorted(judged))}){guess(name, judged)}; mend "
            "the section's name, or give it the target it is for.",
        )


# ---- one scenario ----


def _perform(
    job: Job, kept: Baseline | None, request: GateRequest, *, strict: bool, console: Console
) -> Judged:
    """By itself, and against the other version where there is one; alone that needs no run of its own."""
    against, judged = request.against, Judged(results=[], runs=[])
    if against is None or kept is not None or not job.limits.is_empty:
        judged = _judge_alone(job, kept, strict=strict, out=request.out, console=console)
    if against is None or job.request is None:
        return judged
    compared = compare(
        job.request, against, job.limits, scenario=job.scenario, out=request.out, console=console
    )
    return Judged(results=judged.results + compared.results, runs=judged.runs + compared.runs)


def _judge_alone(
    job: Job, kept: Baseline | None, *, strict: bool, out: Path | None, console: Console
) -> Judged:
    """Make the run where there is none yet, and judge it."""
    directory, outcome = job.directory, None
    if job.request is not None:
        outcome = execute(job.request, out=None if out is None else out / slug(job.scenario), console=console)
        if outcome.exit_code is ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        directory = outcome.directory
        if outcome.problem is not None and not outcome.has_samples:
            return _tell_problem(job, outcome)
    assert directory is not None
    subject, analysis = read_subject(directory, scenario=job.scenario)
    results = [*_list_problems(job, outcome), *judge(subject, job.limits)]
    if kept is not None:
        results += judge_against(subject, kept.scenarios.get(job.name), job.limits)
    run = GatedRun(scenario=job.scenario, directory=str(directory.path), answer=say_verdict(subject.verdict))
    part = decide(results, strict=strict, runs=[run])
    # A directory that cannot be written to was made elsewhere: it is judged all the same.
    with contextlib.suppress(OSError, RunDirectoryError):
        write_whole(directory.file(GATE_FILE), encode_gate(part))
        write_files(directory, analysis)
    return Judged(results=results, runs=[run])


def _list_problems(job: Job, outcome: RunOutcome | None) -> Iterator[CriterionResult]:
    if outcome is not None and outcome.problem is not None:
        yield CriterionResult(
            name="run",
            scenario=job.scenario,
            status="failed",
            reason=outcome.problem,
            fault="input" if outcome.exit_code is ExitCode.BAD_INPUT else "run",
        )


def _tell_problem(job: Job, outcome: RunOutcome) -> Judged:
    run = GatedRun(
        scenario=job.scenario, directory=str(outcome.directory.path), answer="Nothing was measured."
    )
    return Judged(results=list(_list_problems(job, outcome)), runs=[run])


def encode_gate(gate: GateVerdict) -> str:
    """gate.json."""
    return msgspec.json.format(msgspec.json.encode(gate), indent=2).decode() + "\n"

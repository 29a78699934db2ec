"""A run kept for later comparison: chainload-baseline.json, small enough to be committed.  Judges nothing.

It keeps facts, not samples: how many users it carried on which machine, what limited it, and what it was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import BadInputError
from harness.run_directory import write_whole
from reports.gate.judge_steps import amplification_of
from reports.gate.subject import Subject
from reports.plain_text import one_line
from reports.step_table import Table
from reports.units import format_rate, format_user_interval, format_users
from reports.verdict import Finding, Location, Verdict
from reports.words import name_cause, say_place

BASELINE_SCHEMA = 1
DEFAULT_FILE = "chainload-baseline.json"
# What makes a request another request; how long and with how many users it was measured does not.
ASKED = (
    "mode", "threads", "batch_size", "loop", "path", "method", "body", "input_json", "inputs", "config_json",
    "timeout_s", "think_time_s",
)  # fmt: skip
MACHINE = ("machine", "cpu_count", "python", "implementation")


class KeptFinding(msgspec.Struct, frozen=True, kw_only=True):
    cause: str
    confidence: str
    location: Location | None = None
    capacity: float | None = None  # of what limits, where the capacity law holds


class KeptRun(msgspec.Struct, frozen=True, kw_only=True):
    """What one scenario was like."""

    started: str
    status: str  # of its saturation
    users: float | None
    interval: tuple[float, float] | None
    lower_bound_users: float | None
    max_throughput_per_s: float | None
    limit: KeptFinding | None
    defects: list[KeptFinding]
    retry_amplification: dict[str, float]  # users of a step -> provider calls per first try
    machine: dict[str, Any]
    asked: dict[str, Any]  # settings that make a request another one
    plan: dict[str, Any]  # the provider's, dotted
    chainload: str | None


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The file: a run for each scenario."""

    schema: int = BASELINE_SCHEMA
    scenarios: dict[str, KeptRun] = {}


def keep_run(subject: Subject) -> KeptRun:
    """Raises BadInputError when the run holds nothing to compare with."""
    verdict, saturation = subject.verdict, subject.verdict.saturation
    if not verdict.run.get("completed") or saturation.status == "undecided":
        why = saturation.reason or "the run did not complete"
        raise BadInputError(
            f"{subject.directory} is no baseline: {why}; run it again, longer, and save that run"
        )
    environment = verdict.run.get("environment") or {}
    limit = subject.limit
    return KeptRun(
        started=str(verdict.run.get("started")),
        status=saturation.status,
        users=_round(saturation.users),
        interval=None
        if saturation.interval is None
        else (round(saturation.interval[0], 2), round(saturation.interval[1], 2)),
        lower_bound_users=_round(saturation.lower_bound_users),
        max_throughput_per_s=_round(saturation.max_throughput_per_s),
        limit=None if limit is None else keep_finding(limit),
        defects=[keep_finding(f) for f in verdict.findings if f.role == "defect"],
        retry_amplification=amplifications_of(subject),
        machine=describe_machine(environment),
        asked=describe_request(verdict),
        plan=dict(flatten(subject.plan)),
        chainload=environment.get("chainload"),
    )


def keep_finding(finding: Finding) -> KeptFinding:
    return KeptFinding(
        cause=finding.cause,
        confidence=finding.confidence,
        location=finding.location,
        capacity=finding.proof.capacity if finding.proof else None,
    )


def amplifications_of(subject: Subject) -> dict[str, float]:
    """Of the steps whose provider calls are known."""
    known = ((step.users, amplification_of(step)) for step in subject.closed_steps)
    return {
        str(users): round(ratio, 3) for users, ratio in known if ratio is not None and ratio < float("inf")
    }


def describe_machine(environment: Mapping[str, Any]) -> dict[str, Any]:
    """What makes times comparable; of Python's version without the patch."""
    known = {name: environment.get(name) for name in MACHINE}
    python = known.get("python")
    return {**known, "python": ".".join(python.split(".")[:2]) if isinstance(python, str) else python}


def describe_request(verdict: Verdict) -> dict[str, Any]:
    """Settings left out of run.json have their defaults, which are left out here as well."""
    settings = verdict.run.get("settings") or {}
    return {name: settings[name] for name in ASKED if settings.get(name) is not None}


def flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys of nested tables."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


# ---- the file ----


def save_baseline(path: Path, subjects: Sequence[Subject]) -> Baseline:
    """Put the runs into the file; other scenarios in it stay.  Raises BadInputError."""
    before = read_baseline(path).scenarios if path.exists() else {}
    baseline = Baseline(scenarios={**before, **{subject.scenario: keep_run(subject) for subject in subjects}})
    text = msgspec.json.format(msgspec.json.encode(baseline), indent=2).decode() + "\n"
    try:
        write_whole(path, text)
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be written ({error.strerror}); choose another with --out"
        ) from error
    return baseline


def read_baseline(path: Path) -> Baseline:
    """Raises BadInputError when there is none, or it is not one of ours."""
    try:
        baseline = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        raise BadInputError(
            f"the baseline {path} cannot be read ({error.strerror}); make one with "
            f"`chainload baseline save RUN --out {path}`"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInputError(
            f"the baseline {path} is none of chainload's ({error}); make it anew with `chainload baseline save`"
        ) from error
    if baseline.schema != BASELINE_SCHEMA:
        raise BadInputError(
            f"the baseline {path} has schema {baseline.schema}; this chainload reads {BASELINE_SCHEMA}: make it anew "
            "with `chainload baseline save`"
        )
    return baseline


def make_baseline_table(baseline: Baseline) -> Table:
    """A row a scenario."""
    return Table(
        caption="What is kept",
        columns=["Scenario", "Limited by", "Saturation", "95 %", "Answers/s", "Measured"],
        rows=[
            [
                one_line(name),
                _name_limit(run),
                format_users(run.users) if run.users else f"above {format_users(run.lower_bound_users)}",
                format_user_interval(run.interval),
                format_rate(run.max_throughput_per_s),
                one_line(run.started)[:10],
            ]
            for name, run in baseline.scenarios.items()
        ],
    )


def _name_limit(run: KeptRun) -> str:
    if run.limit is None:
        return "nothing"
    place = f" at {say_place(run.limit.location)}" if run.limit.location else ""
    return f"{name_cause(run.limit.cause)}{place}"

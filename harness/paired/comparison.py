"""One target of a gate against a base: both trees, both runs, and what comes of them.  Runs in the plain parent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from harness.errors import BadInputError, ExitCode
from harness.options import parse_duration
from harness.pair_plan import SIDES, PairPlan, read_plan
from harness.paired.measurement import LONGEST_SLICE_S, SHORTEST_SLICE_S, SideError, measure_pairs
from harness.paired.requests import make_side_requests
from harness.paired.sides import Side, current_side, find_differences, open_sides, python_path
from harness.progress import LineView
from harness.run import RunRequest, sigterm_as_interrupt
from harness.run_directory import RunDirectory
from harness.run_naming import RUNS, slug
from reports.gate.criteria import CriterionResult, Fault, GatedRun, Status
from reports.gate.limits import Limits
from reports.gate.paired.change import explain_change
from reports.gate.paired.judge import CODE, Judgement, judge_pairs
from reports.gate.subject import read_subject

LEAST_SLICE_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What a gate compares with."""

    base: str  # a git ref, or a folder
    head: str = "."
    users: int | None = None  # who saturate it; None finds out
    slice_s: float = SHORTEST_SLICE_S  # of one side, at the least
    calibrates: bool = False  # base with itself


def choose_against(
    base: str | None, head: str, *, users: int | None, pair_slice: str | None, calibrates: bool
) -> Against | None:
    """From options.  None: nothing is compared.  Raises BadInputError when an option lacks its base."""
    if base is not None:
        return Against(
            base=base, head=head, users=users, slice_s=_parse_slice(pair_slice), calibrates=calibrates
        )
    given = [
        name
        for name, is_given in (
            ("--head", head != "."),
            ("--pair-users", users),
            ("--pair-slice", pair_slice),
            ("--calibrate", calibrates),
        )
        if is_given
    ]
    if given:
        raise BadInputError(
            f"{', '.join(given)} is given without --base; name what to compare with, e.g. --base main"
        )
    return None


def _parse_slice(text: str | None) -> float:
    if text is None:
        return SHORTEST_SLICE_S
    slice_s = parse_duration("--pair-slice", text)
    if not LEAST_SLICE_S <= slice_s <= LONGEST_SLICE_S:
        raise BadInputError(
            f"--pair-slice is {text!r}; it must be {LEAST_SLICE_S:g} s to {LONGEST_SLICE_S:g} s"
        )
    return slice_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of it."""

    results: list[CriterionResult]
    runs: list[GatedRun]


def compare(
    request: RunRequest,
    against: Against,
    limits: Limits,
    *,
    scenario: str,
    out: Path | None,
    console: Console,
) -> Compared:
    """Raises BadInputError when base or head cannot be found, or base has no such target."""
    directory = _choose_directory(scenario, out)
    here = current_side(Path.cwd())
    last: list[Judgement] = []

    def is_over(count: int) -> bool:
        judgement = judge_pairs(directory, count, limits, scenario=scenario)
        if judgement is not None:
            last[:] = [judgement]
        return judgement is not None and judgement.is_over

    head = against.base if against.calibrates else against.head
    with sigterm_as_interrupt(), open_sides(against.base, head, here=here) as (base_side, head_side):
        requests = make_side_requests(request, base=base_side, head=head_side, here=here)
        try:
            measure_pairs(
                _make_plan(base_side, head_side, is_calibration=against.calibrates),
                requests,
                directory,
                python_paths={
                    "base": python_path(base_side, original=here),
                    "head": python_path(head_side, original=here),
                },
                is_over=is_over,
                say=LineView(console).say,
                users=against.users,
                shortest_slice_s=against.slice_s,
            )
        except SideError as error:
            return Compared(results=[_tell_failure(error, base_side, scenario)], runs=[])
    return _conclude(directory, last[0], scenario)


def _choose_directory(scenario: str, out: Path | None) -> Path:
    if out is not None:
        return out / slug(scenario) / "pairs"
    return RUNS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{slug(scenario)}-pairs"


def _make_plan(base: Side, head: Side, *, is_calibration: bool) -> PairPlan:
    notices = find_differences(base, head)
    if not is_calibration and base.commit is not None and base.commit == head.commit:
        notices.append("base and head are the same commit without a change")
    return PairPlan(
        base=base.label,
        head=head.label,
        base_root=str(base.root),
        head_root=str(head.root),
        is_calibration=is_calibration,
        notices=tuple(notices),
    )


def _tell_failure(error: SideError, base: Side, scenario: str) -> CriterionResult:
    """Without base there is no comparison; without head there is nothing to merge."""
    words = str(error)
    if error.side == "base" and base.is_commit:
        words += (
            "\nof a commit only what git holds is there: files that are not committed (.env, data) are not."
        )
    fault: Fault = "input" if error.exit_code is ExitCode.BAD_INPUT else "run"
    status: Status = "inconclusive" if error.side == "base" else "failed"
    return CriterionResult(name=CODE, scenario=scenario, status=status, reason=words, fault=fault)


def _say_how(plan: PairPlan) -> str:
    if not plan.high_users:
        return f"Not compared with {plan.base}."
    users = f"throughput with {plan.high_users} users, response time with {plan.low_users}"
    return f"Measured in turns with {plan.base}: {users}."


def _conclude(directory: Path, judgement: Judgement, scenario: str) -> Compared:
    """The runs that were compared say why, too."""
    results = judgement.results
    if judgement.failed:
        base, head = (
            read_subject(RunDirectory.open(directory / side), scenario=scenario)[0] for side in SIDES
        )
        words, place = explain_change(base, head)
        results = [
            msgspec.structs.replace(result, reason=f"{result.reason} {words}", location=place)
            if result.status == "failed"
            else result
            for result in results
        ]
    run = GatedRun(
        scenario=scenario, directory=str(directory / "head"), answer=_say_how(read_plan(directory))
    )
    return Compared(results=results, runs=[run])

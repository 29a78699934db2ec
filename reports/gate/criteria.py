"""What a gate judged, and what that comes to: one verdict, one exit code.  Records and rules only; pure.

A criterion fails when the chain is clearly worse than allowed, and when what was asked for was not measured at all: a
person has to mend the chain or the gate.  It is inconclusive when the measurement cannot tell.  Neither is ever a pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from harness.errors import ExitCode
from reports.verdict import Location

GATE_SCHEMA = 1
Status = Literal["passed", "failed", "inconclusive"]
Fault = Literal["chain", "input", "run", "generator"]  # what is to blame
FAULT_CODES: Mapping[Fault, ExitCode] = {  # the first that occurred decides
    "input": ExitCode.BAD_INPUT,
    "run": ExitCode.FAILED_TO_RUN,
    "generator": ExitCode.LOAD_GENERATOR_LIMIT,
}


class CriterionResult(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion, judged."""

    name: str  # "min_users", "max_p95 at 10 users", "limiting cause" …; unique within a scenario
    scenario: str
    status: Status
    reason: str  # a sentence with its numbers, whatever the status
    observed: float | str | None = None  # None: not measured
    threshold: float | str | None = None
    unit: str = ""  # users, s, per_s, ratio, or empty
    interval: tuple[float, float] | None = None  # 95 %, of what was observed
    location: Location | None = None  # the line to look at
    fault: Fault = "chain"  # of what did not pass


class GatedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that was judged."""

    scenario: str
    directory: str
    answer: str  # the sentence that answers first


class GateVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """gate.json: the worst of its results."""

    schema: int = GATE_SCHEMA
    status: Status
    exit_code: int
    is_strict: bool
    results: list[CriterionResult]  # as they were judged; those that did not pass are found by their status
    runs: list[GatedRun] = []


def decide(results: Sequence[CriterionResult], *, strict: bool, runs: Sequence[GatedRun] = ()) -> GateVerdict:
    """One verdict: failed before inconclusive before passed.  No results at all are inconclusive.

    A run that could not be made, or that the load generator limited, is red with its own code (2, 4, 5), strict or
    not: it says nothing about the chain.  strict: an inconclusive verdict ends in 3; otherwise in 0, and says so.
    """
    status = _worst(results)
    code = _exit_code(results, status, strict=strict)
    return GateVerdict(
        status=status, exit_code=int(code), is_strict=strict, results=list(results), runs=list(runs)
    )


def _worst(results: Sequence[CriterionResult]) -> Status:
    found = {result.status for result in results}
    if "failed" in found:
        return "failed"
    return "passed" if found == {"passed"} else "inconclusive"


def _exit_code(results: Sequence[CriterionResult], status: Status, *, strict: bool) -> ExitCode:
    """A regression that was seen is told before a run that went wrong."""
    if any(result.status == "failed" and result.fault == "chain" for result in results):
        return ExitCode.GATE_FAILED
    faults = {result.fault for result in results if result.status != "passed"}
    code = next((code for fault, code in FAULT_CODES.items() if fault in faults), None)
    if code is not None:
        return code
    if status == "inconclusive" and (strict or not results):
        return ExitCode.UNDECIDED
    return ExitCode.OK

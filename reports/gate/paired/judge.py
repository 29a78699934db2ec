"""What the pairs measured so far come to, in results of a gate.  Reads the runs of both sides; starts nothing."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from harness.pair_plan import SIDES, LoadName, SideName
from reports.gate.criteria import CriterionResult, Fault, Status
from reports.gate.limits import Limits
from reports.gate.paired.sequential import LOOKS, Look, is_over, look
from reports.gate.paired.slices import Pairs, read_pairs
from reports.gate.paired.words import say_calibration, say_look
from reports.health import BUSY_RATIO
from reports.units import format_ratio, format_users
from reports.verdict import StepSummary

MOST_ERRORS = 0.5  # of base's requests: what is left is no measure of it
CODE = "code of both sides"
THROUGHPUT = "throughput against base"
RESPONSE = "response time against base"
CALIBRATION = "calibration"
CALIBRATION_PAIRS = 10  # fewer say little of how much pairs scatter


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The results, and whether more pairs would change them."""

    results: list[CriterionResult]
    is_over: bool

    @property
    def failed(self) -> bool:
        return any(result.status == "failed" for result in self.results)


def judge_pairs(directory: Path, count: int, limits: Limits, *, scenario: str) -> Judgement | None:
    """None between looks, when there is nothing to decide.  count: pairs measured; 0 looks at the code alone.

    Raises RunDirectoryError when a run is missing.
    """
    if count and count not in LOOKS:
        return None
    pairs = read_pairs(directory)
    code = _judge_code(pairs, scenario)
    if code.status != "passed" or not count:
        return Judgement(results=[code], is_over=code.status != "passed")
    problem = _find_problem(pairs, count, scenario)
    if problem is not None:
        return Judgement(results=[code, problem], is_over=True)
    if pairs.plan.is_calibration:
        return _calibrate(pairs, count, limits, scenario, code)
    return _compare(pairs, count, limits, scenario, code)


def _calibrate(pairs: Pairs, count: int, limits: Limits, scenario: str, code: CriterionResult) -> Judgement:
    """The same code on both sides: which change can be found here.  Passed when the limit is not smaller."""
    seen = look(pairs.lost_throughput(count), limit=-math.log(1 - limits.max_throughput_loss))
    can_tell = seen.detectable <= seen.limit and seen.standing != "failed"
    result = CriterionResult(
        name=CALIBRATION,
        scenario=scenario,
        status="passed" if can_tell else "inconclusive",
        reason=say_calibration(seen, limit=limits.max_throughput_loss, to_share=lost_share),
        observed=lost_share(seen.detectable),
        threshold=limits.max_throughput_loss,
        unit="ratio",
    )
    return Judgement(results=[code, result], is_over=count >= CALIBRATION_PAIRS)


def lost_share(logarithm: float) -> float:
    """Of base's throughput."""
    return 1 - math.exp(-logarithm)


def added_share(logarithm: float) -> float:
    """Of base's response time."""
    return math.exp(logarithm) - 1


def _compare(pairs: Pairs, count: int, limits: Limits, scenario: str, code: CriterionResult) -> Judgement:
    throughput = look(pairs.lost_throughput(count), limit=-math.log(1 - limits.max_throughput_loss))
    results = [
        code,
        _result(
            THROUGHPUT,
            scenario,
            throughput,
            pairs,
            limits.max_throughput_loss,
            to_share=lost_share,
        ),
    ]
    added = pairs.added_response(count)
    if added is None:
        reason = f"a slice with {format_users(pairs.plan.low_users)} had no good answer: nothing to compare."
        results.append(_inconclusive(RESPONSE, scenario, reason))
        return Judgement(results=results, is_over=is_over([throughput]))
    response = look(added, limit=math.log(1 + limits.max_response_growth))
    results.append(
        _result(RESPONSE, scenario, response, pairs, limits.max_response_growth, to_share=added_share)
    )
    return Judgement(results=results, is_over=is_over([throughput, response]))


def _result(
    name: str, scenario: str, seen: Look, pairs: Pairs, limit: float, *, to_share: Callable[[float], float]
) -> CriterionResult:
    """One quantity.  to_share: from the logarithm of a ratio to the share that is lost, or added."""
    load: LoadName = "high" if name == THROUGHPUT else "low"
    statuses: dict[str, Status] = {"passed": "passed", "failed": "failed", "undecided": "inconclusive"}
    low, high = (to_share(value) for value in seen.interval)
    return CriterionResult(
        name=name,
        scenario=scenario,
        status=statuses[seen.standing],
        reason=say_look(seen, load, users=pairs.plan.users(load), limit=limit, to_share=to_share),
        observed=to_share(seen.estimate),
        threshold=limit,
        unit="ratio",
        interval=(low, high),
    )


def _inconclusive(name: str, scenario: str, reason: str, fault: Fault = "chain") -> CriterionResult:
    return CriterionResult(name=name, scenario=scenario, status="inconclusive", reason=reason, fault=fault)


# ---- whether they can be compared at all ----


def _judge_code(pairs: Pairs, scenario: str) -> CriterionResult:
    """Each side must have run the code of its own tree."""
    problem = next((words for side in SIDES if (words := _find_strangers(pairs, side))), None)
    if problem is not None:
        return _inconclusive(CODE, scenario, problem)
    notices = " ".join(f"{notice}." for notice in pairs.plan.notices)
    reason = f"each side ran its own: base {pairs.plan.base}, head {pairs.plan.head}. {notices}".strip()
    return CriterionResult(name=CODE, scenario=scenario, status="passed", reason=reason)


def _find_strangers(pairs: Pairs, side: SideName) -> str | None:
    """Why a side did not run its own code, in words."""
    plan, folders = pairs.plan, pairs.loaded_from(side)
    roots = {"base": Path(plan.base_root).resolve(), "head": Path(plan.head_root).resolve()}
    own, other = roots[side], roots["head" if side == "base" else "base"]
    advice = (
        "an installed package (pip install -e?) comes before the tree: start the gate in the folder that holds the "
        "package, or name the target by its file"
    )
    strange = [
        folder for folder in folders if folder.is_relative_to(other) and not folder.is_relative_to(own)
    ]
    if strange:
        return f"{side} loaded code of the other side, from {strange[0]}; {advice}."
    if not any(folder.is_relative_to(own) for folder in folders):
        seen = f"from {folders[0]}" if folders else "nothing that can be told"
        return f"{side} loaded nothing from its own tree {own} (it loaded {seen}); {advice}."
    return None


def _find_problem(pairs: Pairs, count: int, scenario: str) -> CriterionResult | None:
    """What makes every number void: a generator at its limit, a base that does not answer."""
    slices = {side: pairs.slices(side, "high", count) for side in SIDES}
    busy = max(_median(slices[side], lambda step: step.generator_cpu_ratio) for side in SIDES)
    if busy >= BUSY_RATIO:
        reason = f"the load generator used {format_ratio(busy)} of a CPU: it was the limit; use fewer users."
        return _inconclusive(THROUGHPUT, scenario, reason, fault="generator")
    failing = _median(slices["base"], lambda step: step.error_ratio)
    if failing > MOST_ERRORS or not any(step.ok_count for step in slices["base"]):
        users = format_users(pairs.plan.high_users)
        errors = next(
            (next(iter(step.errors)) for step in slices["base"] if step.errors), "no answer in time"
        )
        reason = f"base fails {format_ratio(failing)} of its requests with {users} ({errors}): nothing to compare with."
        return _inconclusive(THROUGHPUT, scenario, reason)
    return None


def _median(steps: Sequence[StepSummary], value: Callable[[StepSummary], float | None]) -> float:
    """0 where nothing is known."""
    known = [number for step in steps if (number := value(step)) is not None]
    return statistics.median(known) if known else 0.0

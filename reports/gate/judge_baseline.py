"""A run against the one that was kept: limits with slack on the same machine, and facts that no machine changes.

A change of what limits the chain, of a pool's size, of retries, a new defect: these are the same on every machine.
Times and rates are not, so on another machine they are inconclusive, never compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.gate.baseline import (
    KeptFinding,
    KeptRun,
    amplifications_of,
    keep_finding,
)
from reports.gate.criteria import CriterionResult, Status
from reports.gate.judge_baseline_capacity import judge_throughput, judge_users
from reports.gate.kept import find_other_machine, find_other_plan, result_of, users_now
from reports.gate.limits import Limits
from reports.gate.subject import Subject
from reports.units import format_number, format_users
from reports.verdict import Finding, Location
from reports.words import is_generator_limited, name_cause, say_place

MOST_DIFFERENCES = 4
RETRY_SLACK = 0.1  # provider calls per first try: so many more are a change
# Sized by the number of processors where the code does not say: another machine has another one.
PROCESSORS = ("cpu_bound", "event_loop_blocked")  # there is one event loop, and one interpreter
SIZED_BY_MACHINE = ("thread_pool_saturated", "thread_pool_deadlock")


def judge_against(subject: Subject, kept: KeptRun | None, limits: Limits) -> list[CriterionResult]:
    """Every comparison; a single failure when the two cannot be compared at all."""
    if kept is None:
        reason = (
            f"the baseline has no scenario {subject.scenario!r}; add it with `chainload baseline save "
            f"{subject.directory}`."
        )
        return [result_of(subject, "plan", "failed", reason)]
    other = list(find_other_plan(subject, kept))
    if other:
        more = f" and {len(other) - MOST_DIFFERENCES} more" if len(other) > MOST_DIFFERENCES else ""
        reason = (
            f"the baseline was measured with another plan ({'; '.join(other[:MOST_DIFFERENCES])}{more}); undo that, "
            "or save the baseline anew."
        )
        return [result_of(subject, "plan", "failed", reason)]
    same_plan = result_of(subject, "plan", "passed", "the same plan and settings as the baseline's.")
    return [same_plan, *_compare(subject, kept, limits)]


def _compare(subject: Subject, kept: KeptRun, limits: Limits) -> Iterator[CriterionResult]:
    if limits.baseline_limits:
        yield judge_users(subject, kept, limits.baseline_slack)
        yield judge_throughput(subject, kept, limits.baseline_slack)
    yield _judge_limit(subject, kept)
    yield _judge_defects(subject, kept)
    yield from _judge_retries(subject, kept)


# ---- what limits ----


def _judge_limit(subject: Subject, kept: KeptRun) -> CriterionResult:
    """Another cause, or less room in the same one.  Not a failure when more users than before get through."""
    name, found = "limiting cause", subject.limit
    if is_generator_limited(subject.verdict):
        return result_of(
            subject, name, "inconclusive", "the load generator was the limit.", fault="generator"
        )
    if found is None or found.cause == "unknown":
        return _judge_without_limit(subject, kept)
    now = keep_finding(found)
    change = _say_change(now, kept)
    if change is None:
        return result_of(
            subject, name, "passed", f"the same as in the baseline: {name_cause(found.cause).lower()}."
        )
    fields: dict[str, Any] = {"observed": found.cause, "location": found.location}
    fields["threshold"] = kept.limit.cause if kept.limit else "none"
    if _is_better(subject, kept, now):
        reason = f"{change} But no fewer users get through than the baseline shows: save it anew."
        return result_of(subject, name, "passed", reason, **fields)
    if _is_unsure(subject, found, kept, now):
        reason = f"{change} It is not sure enough to fail for."
        return result_of(subject, name, "inconclusive", reason, **fields)
    return result_of(subject, name, "failed", change, **fields)


def _judge_without_limit(subject: Subject, kept: KeptRun) -> CriterionResult:
    saturation, name = subject.verdict.saturation, "limiting cause"
    if saturation.status == "not_reached":
        top = max(step.users for step in subject.closed_steps)
        if top > (kept.users or 0):
            return result_of(subject, name, "passed", f"nothing limits up to {format_users(top)}.")
        reason = f"the steps end at {format_users(top)}, below where the baseline saturates."
        return result_of(subject, name, "inconclusive", reason)
    if kept.limit is None and saturation.status != "undecided":
        return result_of(subject, name, "passed", "no cause is known, as in the baseline.")
    reason = f"what limits this run is not known ({saturation.reason or 'no cause was found'}), so it is not compared."
    return result_of(subject, name, "inconclusive", reason, location=subject.place)


def _say_change(now: KeptFinding, kept: KeptRun) -> str | None:
    """What is new, in a sentence; None when nothing is."""
    before = kept.limit
    here = _name_limit(now)
    if before is None:
        return f"{here} now limits you{_at(now.location)}; nothing did in the baseline."
    if before.cause != now.cause:
        return f"{here} now limits you{_at(now.location)}; it was {_inside(_name_limit(before))}{_at(before.location)}."
    if before.capacity is not None and now.capacity is not None and before.capacity != now.capacity:
        return (
            f"{name_cause(now.cause)}{_at(now.location)}: it lets {format_number(now.capacity)} through at a time, "
            f"{format_number(before.capacity)} in the baseline."
        )
    return None


def _name_limit(finding: KeptFinding) -> str:
    is_pool = finding.capacity is not None and finding.cause not in PROCESSORS
    return f"{name_cause(finding.cause)}{f' ({finding.capacity:g} at a time)' if is_pool else ''}"


def _inside(name: str) -> str:
    """As it stands within a sentence: "CPU bound" stays."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _at(location: Location | None) -> str:
    return f" at {say_place(location)}" if location else ""


def _is_better(subject: Subject, kept: KeptRun, now: KeptFinding) -> bool:
    """More room in the same cause; or, on the same machine, more users than the baseline is known to carry."""
    before = kept.limit
    if before is not None and before.cause == now.cause:
        return (now.capacity or 0.0) > (before.capacity or 0.0)
    users = users_now(subject)
    if users is None or find_other_machine(subject, kept):
        return False
    if before is None and kept.lower_bound_users is not None:  # it was measured no further
        return users[0] >= kept.lower_bound_users
    return kept.interval is not None and users[0] > kept.interval[1]


def _is_unsure(subject: Subject, found: Finding, kept: KeptRun, now: KeptFinding) -> bool:
    """A cause must be well supported on both sides; a pool's size must not be the machine's."""
    before = kept.limit
    if found.confidence != "high" or (before is not None and before.confidence != "high"):
        return True
    is_same = before is not None and before.cause == now.cause
    return is_same and now.cause in SIZED_BY_MACHINE and find_other_machine(subject, kept) is not None


# ---- defects and retries ----


def _judge_defects(subject: Subject, kept: KeptRun) -> CriterionResult:
    name, known = "defects", {_identify(finding) for finding in kept.defects}
    found = [finding for finding in subject.verdict.findings if finding.role == "defect"]
    new = [finding for finding in found if _identify(finding) not in known]
    sure = [finding for finding in new if finding.confidence != "low"]
    if not new:
        return result_of(subject, name, "passed", "none that the baseline has not.")
    finding = (sure or new)[0]
    reason = f"new: {name_cause(finding.cause)}{_at(finding.location)}: {finding.summary}"
    status: Status = "failed" if sure else "inconclusive"
    return result_of(subject, name, status, reason, observed=finding.cause, location=finding.location)


def _identify(finding: Finding | KeptFinding) -> tuple[str, str | None, str | None]:
    """By file and function: lines move when code is edited."""
    place = finding.location
    return finding.cause, place.file if place else None, place.function if place else None


def _judge_retries(subject: Subject, kept: KeptRun) -> Iterator[CriterionResult]:
    """At the most users that both were measured with; nothing where no provider counts its calls in either."""
    name, now = "retries", amplifications_of(subject)
    common = sorted(kept.retry_amplification.keys() & now.keys(), key=int)
    if not kept.retry_amplification and not now:
        return
    if not common:
        yield result_of(
            subject, name, "inconclusive", "no number of users was measured in both; use the same steps."
        )
    users = common[-1]
    before, after = kept.retry_amplification[users], now[users]
    most = before + RETRY_SLACK + 0.25 * (before - 1)
    reason = f"{after:.2f} provider calls per first try with {format_users(int(users))}, {before:.2f} in the baseline."
    status: Status = "failed" if after > most else "passed"
    yield result_of(subject, name, status, reason, observed=after, threshold=most, location=subject.place)

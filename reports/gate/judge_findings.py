"""Causes that are not to occur, and whether the run can be believed at all.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reports.gate.criteria import CriterionResult
from reports.gate.judging import Bound, judge_interval, make_result
from reports.gate.limits import DEFECT
from reports.gate.subject import Subject
from reports.verdict import Finding
from reports.words import GENERATOR_CAUSE, is_generator_limited, name_cause, say_place

NOT_INSIDE = (
    "the target was not seen from within, so this cause cannot be told; let chainload start the target itself"
)


def judge_measurement(subject: Subject) -> CriterionResult:
    """Whether there is a run to judge: it came to its end, and the load generator was not the limit."""
    name, scenario, verdict = "measurement", subject.scenario, subject.verdict
    if not verdict.steps or not any(step.sample_count or step.censored_count for step in verdict.steps):
        reason = "nothing was measured: the run has no requests."
        return CriterionResult(name=name, scenario=scenario, status="failed", reason=reason, fault="run")
    if not verdict.run.get("completed"):
        reason = "the run did not complete; what it measured until then is judged below."
        return CriterionResult(name=name, scenario=scenario, status="failed", reason=reason, fault="run")
    if is_generator_limited(verdict):
        reason = (
            "the load generator was the limit, so nothing can be said about the chain; use more processes."
        )
        return CriterionResult(
            name=name, scenario=scenario, status="inconclusive", reason=reason, fault="generator"
        )
    steps = ", ".join(str(step.users) for step in verdict.steps)
    reason = f"the run came to its end; steps of {steps} users were measured."
    return CriterionResult(name=name, scenario=scenario, status="passed", reason=reason)


def judge_forbidden(subject: Subject, cause: str) -> CriterionResult:
    """A cause, or "defect": all that is wrong at any load.  What is barely supported is inconclusive."""
    name = f"forbid {cause}"
    found = list(_find(subject, cause))
    sure = [finding for finding in found if finding.confidence != "low"]
    if found:
        finding = (sure or found)[0]
        return CriterionResult(
            name=name,
            scenario=subject.scenario,
            status="failed" if sure else "inconclusive",
            reason=_tell(finding) + ("" if sure else " It is barely supported: look at the report."),
            observed=finding.cause,
            location=(finding.location or subject.place) if sure else None,
        )
    if not subject.is_seen_inside and cause != GENERATOR_CAUSE:
        return CriterionResult(
            name=name, scenario=subject.scenario, status="inconclusive", reason=f"{NOT_INSIDE}."
        )
    unanswered = next(
        (words for words in subject.verdict.health.notices if f"whether {cause} " in words), None
    )
    if unanswered is not None:
        return CriterionResult(
            name=name, scenario=subject.scenario, status="inconclusive", reason=f"{unanswered}."
        )
    return CriterionResult(name=name, scenario=subject.scenario, status="passed", reason="not found.")


def _find(subject: Subject, cause: str) -> Iterator[Finding]:
    for finding in subject.verdict.findings:
        if finding.cause == cause or (cause == DEFECT and finding.role == "defect"):
            yield finding


def _tell(finding: Finding) -> str:
    place = f" at {say_place(finding.location)}" if finding.location else ""
    return f"{name_cause(finding.cause)}{place}: {finding.summary}"


def judge_probe_overhead(subject: Subject, most: float) -> CriterionResult:
    """A run that did not measure its own probes cannot tell."""
    bound = Bound(name="max_probe_overhead", threshold=most, unit="ratio", is_minimum=False)
    overhead = subject.verdict.health.probe_overhead
    if overhead is None or overhead.ratio is None or overhead.interval is None:
        why = f": {overhead.reason}" if overhead is not None and overhead.reason else ""
        words = f"what the probes cost was not measured in this run{why}."
        return make_result(subject, bound, "inconclusive", words, location=None)
    what = "what the probes add to the CPU of a request"
    return judge_interval(subject, bound, overhead.ratio, overhead.interval, what=what)

"""A finding as the lines that are shown of it, in the same words everywhere.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from reports.attribution.capacity import agrees
from reports.plain_text import fold, one_line
from reports.verdict import Finding, Verdict
from reports.words import ROLE_WORDS, name_cause, say_place, say_proof, say_share

LONGEST_EVIDENCE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingWords:
    """A finding, told.  Empty where there is nothing to say."""

    heading: str  # "Semaphore starved"
    label: str  # "Cause" of the saturation, or "Defect"
    standing: (
        str  # role, share and confidence: "the limit · 94 % of the added response time · high confidence"
    )
    summary: str
    place: str | None
    code: str | None  # the source line
    evidence: list[str]
    proof: str | None
    fix: str


def tell_finding(finding: Finding) -> FindingWords:
    share = say_share(finding)
    parts = [ROLE_WORDS[finding.role], *([share] if share else []), f"{finding.confidence} confidence"]
    return FindingWords(
        heading=name_cause(finding.cause),
        label="Cause" if finding.role == "limit" else "Defect",
        standing=" · ".join(parts),
        summary=fold(finding.summary),
        place=say_place(finding.location) if finding.location else None,
        code=one_line(finding.location.code, longest=160)
        if finding.location and finding.location.code
        else None,
        evidence=[one_line(item.text, longest=LONGEST_EVIDENCE) for item in finding.evidence],
        # A law that does not hold proves nothing; the evidence has its numbers.
        proof=say_proof(finding.proof) if finding.proof and agrees(finding.proof) else None,
        fix=fold(finding.fix),
    )


def tell_findings(verdict: Verdict) -> list[FindingWords]:
    """All of them, in the verdict's order: the first limit explains the point of saturation."""
    return [tell_finding(finding) for finding in verdict.findings]


def say_no_finding(verdict: Verdict) -> str:
    """What stands in the place of a cause when there is none."""
    if verdict.saturation.status == "not_reached":
        return "No limit was met, and nothing was found that is wrong at any load."
    if verdict.saturation.status == "undecided":
        return "No cause is named before it is known where it saturates."
    return "No cause was found: nothing that was measured explains why throughput stops growing."

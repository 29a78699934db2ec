"""The causes: which measurements support each, how sure that is, what to do.  One file a cause, one line below.

``find_findings`` asks all of them and orders what they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.causes.cause import Cause
from reports.causes.situation import Situation
from reports.verdict import Finding

CAUSES: Mapping[str, Cause] = {}


def find_findings(situation: Situation, causes: Mapping[str, Cause] = CAUSES) -> list[Finding]:
    """What is wrong at any load first, then what limits, each by confidence and share."""
    found = [finding for cause in causes.values() for finding in cause(situation)]
    return sorted(found, key=_rank)


def _rank(finding: Finding) -> tuple[int, float]:
    sureness = ("high", "medium", "low").index(finding.confidence)
    return sureness, -(finding.share_of_growth or 0.0)


def limits_of(findings: Sequence[Finding]) -> list[Finding]:
    """Those that explain the saturation point."""
    return [finding for finding in findings if finding.role == "limit"]

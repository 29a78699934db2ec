"""The saturation point by the capacity law, where the steps alone leave it open.  Pure.

A full resource whose capacity / hold time is the throughput that was measured says where the plateau is, even when only
one step has reached it: N* = capacity / hold time x response time of one user alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reports.attribution.capacity import agrees
from reports.verdict import Finding, Proof, Saturation, StepSummary

LEAST_ERROR_RATIO = 0.1  # of the point: the law's own, beside what its two rates differ by
ALONE_RATIO = (
    0.7  # of the point: users with which nobody waits yet, so that the response time is that of one alone
)
FEWEST_ANSWERS = 3


def find_point_by_capacity(
    measured: Saturation, findings: Sequence[Finding], steps: Sequence[StepSummary]
) -> Saturation | None:
    """The point that the surest limit's proof gives; None when there is no such proof, or it contradicts the steps."""
    proof = _find_proof(findings)
    alone = min((step for step in steps if step.response_mean_s), key=lambda step: step.users, default=None)
    if proof is None or alone is None or alone.response_mean_s is None or alone.ok_count < FEWEST_ANSWERS:
        return None
    rate_per_s = (proof.predicted_per_s + proof.measured_per_s) / 2
    users = rate_per_s * alone.response_mean_s
    largest = max(step.users for step in steps)
    if not alone.users / ALONE_RATIO <= users <= largest:
        return None
    error = LEAST_ERROR_RATIO + abs(proof.predicted_per_s / proof.measured_per_s - 1)
    return msgspec.structs.replace(
        measured,
        status="saturated",
        users=users,
        interval=(max(1.0, users / (1 + error)), users * (1 + error)),
        max_throughput_per_s=rate_per_s,
        base_response_s=alone.response_mean_s,
        basis="capacity",
        reason=None,
        lower_bound_users=None,
    )


def _find_proof(findings: Sequence[Finding]) -> Proof | None:
    """Of the limit named first, when it is sure and the law holds."""
    first = next((finding for finding in findings if finding.role == "limit"), None)
    if first is None or first.confidence != "high" or first.proof is None or not agrees(first.proof):
        return None
    return first.proof

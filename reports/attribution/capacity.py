"""The capacity law: what a resource can carry is its capacity divided by how long an invocation holds it.  Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.probe_records import Gauge
from reports.verdict import Proof

AGREES_RATIO = 0.15  # measured and predicted throughput this close prove each other


def find_capacity(readings: Sequence[Gauge]) -> float | None:
    """The last capacity read that is a real bound; None when none was."""
    capacities = (gauge.capacity for gauge in reversed(readings))
    return next((known for known in capacities if known is not None and math.isfinite(known)), None)


def make_proof(capacity: float | None, hold_s: float | None, measured_per_s: float | None) -> Proof | None:
    """capacity: holders at a time; hold_s: per invocation; measured_per_s: invocations that ended.  None: unknown."""
    if not capacity or not hold_s or not measured_per_s:
        return None
    return Proof(
        capacity=capacity, hold_s=hold_s, predicted_per_s=capacity / hold_s, measured_per_s=measured_per_s
    )


def agrees(proof: Proof | None) -> bool:
    """Whether the law holds."""
    return proof is not None and abs(proof.predicted_per_s / proof.measured_per_s - 1) <= AGREES_RATIO


def capacity_for(throughput_per_s: float, hold_s: float) -> int:
    """The smallest whole capacity that carries this throughput."""
    return math.ceil(throughput_per_s * hold_s - 1e-9)

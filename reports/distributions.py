"""How response times are spread at the steps that tell most.  Pure; samples are counted, not kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reports.dataset import Dataset, StepData
from reports.material import Distribution
from reports.verdict import Saturation, StepSummary

FEWEST_ANSWERS = 10
POINTS = 201


def list_distributions(
    dataset: Dataset, summaries: Sequence[StepSummary], saturation: Saturation
) -> list[Distribution]:
    """Of the lowest step, the one nearest to the point of saturation, and the highest; those with enough answers."""
    known = {step.index: step for step in dataset.steps}
    enough = [one for one in summaries if one.ok_count >= FEWEST_ANSWERS and one.index in known]
    chosen = _choose(sorted(enough, key=lambda one: one.users), saturation.users)
    return [_distribute(known[one.index], one) for one in chosen]


def _choose(ordered: Sequence[StepSummary], point: float | None) -> list[StepSummary]:
    """At most three, by users."""
    if len(ordered) < 3:
        return list(ordered)
    inner = ordered[1:-1]
    wanted = point if point is not None else ordered[len(ordered) // 2].users
    nearest = min(inner, key=lambda one: abs(np.log(one.users / max(wanted, 1e-9))))
    return [ordered[0], nearest, ordered[-1]]


def _distribute(step: StepData, summary: StepSummary) -> Distribution:
    samples = step.samples
    rows = samples.is_ok & (samples.end_s > step.start_s + summary.warmup_s) & (samples.end_s <= step.end_s)
    response_s = samples.end_s[rows] - samples.start_s[rows]
    shares = np.linspace(0.0, 1.0, POINTS)
    return Distribution(
        users=step.users,
        count=len(response_s),
        shares=shares.tolist(),
        seconds=np.quantile(response_s, shares).tolist(),
    )

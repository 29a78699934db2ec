"""load_generator_limit: the harness itself was the limit.  Then nothing can be said about the chain.

Looked at where it matters only: at the step where throughput has flattened.  A generator that is busy beyond that
step measured the flattening truly.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.causes.cause import NAMED_SHARE
from reports.causes.ladder import Rungs, compare_rungs
from reports.causes.situation import Situation
from reports.units import format_ratio, format_seconds, format_users
from reports.verdict import Evidence, Finding, StepSummary

ID = "load_generator_limit"
BUSY_RATIO = 0.9  # CPU of a generating process: it sends no faster
LATE_S = 0.05  # its timers; less disturbs no response time worth measuring


def find_load_generator_limit(situation: Situation) -> Iterator[Finding]:
    rungs = compare_rungs(situation)
    if rungs is None or situation.saturation.status == "not_reached":
        return
    share = _late_share(rungs)
    is_busy = (rungs.high.generator_cpu_ratio or 0.0) >= BUSY_RATIO
    if not is_busy and (share is None or share < NAMED_SHARE):
        return
    yield Finding(
        cause=ID,
        role="limit",
        confidence="high" if is_busy else "medium",
        share_of_growth=share,
        location=None,
        summary=f"The load generator could not send faster with {format_users(rungs.high.users)}: {_say(rungs.high)}. "
        "What it measured there is its own limit, not the chain's.",
        evidence=[_tell(step) for step in (rungs.low, rungs.high)],
        fix="Generate load with more processes (`locust --processes N`), or on another machine than the target, or "
        "test fewer users; then run again.",
    )


def _late_share(rungs: Rungs) -> float | None:
    """How much of the added response time is the generator's own lateness; None when it is not late, or unknown."""
    late_s, grown_s = rungs.high.generator_lag_s, rungs.grown_s
    if late_s is None or late_s < LATE_S or grown_s is None or not rungs.has_grown:
        return None
    return min(1.0, (late_s - (rungs.low.generator_lag_s or 0.0)) / grown_s)


def _say(step: StepSummary) -> str:
    parts = []
    if step.generator_cpu_ratio is not None:
        parts.append(f"it used {format_ratio(step.generator_cpu_ratio)} of a CPU")
    if step.generator_lag_s is not None:
        parts.append(f"its timers fired up to {format_seconds(step.generator_lag_s)} late (p95)")
    return ", ".join(parts)


def _tell(step: StepSummary) -> Evidence:
    return Evidence(text=f"With {format_users(step.users)}: {_say(step) or 'not measured'}.", source="load")

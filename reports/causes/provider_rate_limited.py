"""provider_rate_limited: the provider refuses calls with 429, and requests wait out the back-off.

From the provider's ledger.  A few refusals are no cause: they must be many at the step that is explained, and grow
with load.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.causes.back_off import BackOff, measure_back_off
from reports.causes.cause import LISTED_SHARE, rate_confidence
from reports.causes.exchange_places import locate_calls
from reports.causes.ladder import Rungs, compare_rungs
from reports.causes.situation import Situation
from reports.units import format_count, format_number, format_ratio, format_seconds, format_users, plural
from reports.verdict import Evidence, Finding, Proof

ID = "provider_rate_limited"
MANY_RATIO = 0.05  # of the calls at the high step: fewer refusals limit nothing
MOST_RATIO = 0.2  # of the calls: so many refusals limit whatever else does
FAILING_RATIO = 0.2  # of the requests
AGREES_RATIO = 0.15
MINUTE_S = 60.0


def find_provider_rate_limited(situation: Situation) -> Iterator[Finding]:
    attempts, rungs = situation.dataset.attempts, compare_rungs(situation)
    if attempts is None or rungs is None or situation.saturation.status == "not_reached":
        return
    if not rungs.high.rate_limited_count:
        return
    low = measure_back_off(attempts, rungs.low_data, warmup_s=rungs.low.warmup_s)
    high = measure_back_off(attempts, rungs.high_data, warmup_s=rungs.high.warmup_s)
    share = _share_of_growth(rungs, low, high)
    if high.refused_ratio < MANY_RATIO:
        return
    if (rungs.high.error_ratio or 0.0) >= FAILING_RATIO:
        share = None  # of what failed, response time tells nothing
    if high.refused_ratio < MOST_RATIO and (share is None or share < LISTED_SHARE):
        return
    proof = _prove(situation, high)
    is_proven = proof is not None and abs(proof.predicted_per_s / proof.measured_per_s - 1) <= AGREES_RATIO
    yield Finding(
        cause=ID,
        role="limit",
        confidence=rate_confidence(share, is_proven=is_proven or high.refused_ratio >= MOST_RATIO),
        share_of_growth=share,
        location=locate_calls(situation),
        summary=f"The provider refuses {format_ratio(high.refused_ratio)} of the calls with 429 (too many requests) "
        f"with {format_users(rungs.high.users)}{_say_consequence(high)}.",
        evidence=list(_tell(rungs, low, high)),
        fix=_fix(situation),
        proof=proof,
    )


def _share_of_growth(rungs: Rungs, low: BackOff, high: BackOff) -> float | None:
    """Back-off added, of response time added; None when response time hardly grew: refused requests may just fail."""
    grown_s = rungs.grown_s
    if not rungs.has_grown or not grown_s or high.mean_wait_s is None:
        return None
    return min(1.0, max(0.0, (high.mean_wait_s - (low.mean_wait_s or 0.0)) / grown_s))


def _prove(situation: Situation, high: BackOff) -> Proof | None:
    """Calls a minute that the plan allows, over what one good answer takes of them."""
    limits: Any = situation.dataset.plan.get("limits")
    allowed = limits.get("requests_per_minute") if isinstance(limits, dict) else None
    measured = situation.saturation.max_throughput_per_s
    if not isinstance(allowed, int | float) or not allowed or not measured or not high.mean_accepted:
        return None
    hold_s = MINUTE_S * high.mean_accepted  # what is refused does not count against the limit
    return Proof(
        capacity=float(allowed), hold_s=hold_s, predicted_per_s=allowed / hold_s, measured_per_s=measured
    )


def _say_consequence(high: BackOff) -> str:
    if not high.mean_wait_s:
        return ""
    return f"; a good answer spends {format_seconds(high.mean_wait_s)} waiting to try again"


def _tell(rungs: Rungs, low: BackOff, high: BackOff) -> Iterator[Evidence]:
    yield _say(
        f"{format_count(high.refused_count)} of {plural(high.attempt_count, 'call')} were refused with 429 with "
        f"{format_users(rungs.high.users)}; {format_count(low.refused_count)} of {low.attempt_count:,} with "
        f"{format_users(rungs.low.users)}."
    )
    if high.mean_attempts is not None and low.mean_attempts is not None:
        yield _say(
            f"A good answer took {format_number(high.mean_attempts)} calls with {format_users(rungs.high.users)} and "
            f"{format_number(low.mean_attempts)} with {format_users(rungs.low.users)}: retries add to the load."
            if high.mean_attempts > low.mean_attempts * 1.1
            else f"A good answer took {format_number(high.mean_attempts)} calls at either load: refused ones fail."
        )
    if high.early_count:
        yield _say(
            f"In {format_count(high.early_count)} of {plural(high.told_count, 'case')} the client came back before the "
            "time that retry-after asked for."
        )
    if rungs.high.error_ratio:
        ratio = format_ratio(rungs.high.error_ratio)
        yield Evidence(
            text=f"{ratio} of the requests failed with {format_users(rungs.high.users)}.", source="load"
        )


def _say(text: str) -> Evidence:
    return Evidence(text=text, source="provider")


def _fix(situation: Situation) -> str:
    safe = situation.saturation.safe_users
    bound = f" (here about {format_users(safe)})" if safe else ""
    return (
        "Ask for a higher limit, spread the load over keys or deployments, or make fewer calls per answer. Until then "
        f"keep requests back before they are sent: a semaphore around the chain{bound} or InMemoryRateLimiter on the "
        "model, and retries that honour retry-after."
    )

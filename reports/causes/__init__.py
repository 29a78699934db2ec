"""The causes: which measurements support each, how sure that is, what to do.  One file a cause, one line below.

``diagnose`` asks all of them and orders what they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from reports.causes.call_never_returns import find_call_never_returns
from reports.causes.cause import Cause
from reports.causes.client_churn import find_client_churn
from reports.causes.client_rate_limiter import find_client_rate_limiter
from reports.causes.connection_pool_exhausted import find_connection_pool_exhausted
from reports.causes.cpu_bound import find_cpu_bound
from reports.causes.event_loop_blocked import find_event_loop_blocked
from reports.causes.growing_state import find_growing_state
from reports.causes.load_generator_limit import find_load_generator_limit
from reports.causes.provider_rate_limited import find_provider_rate_limited
from reports.causes.provider_slow import find_provider_slow
from reports.causes.runaway_loop import find_runaway_loop
from reports.causes.semaphore_starved import find_semaphore_starved
from reports.causes.shared_state_crosstalk import find_shared_state_crosstalk
from reports.causes.situation import Situation
from reports.causes.slow_stream_consumer import find_slow_stream_consumer
from reports.causes.sync_async_misuse import find_sync_async_misuse
from reports.causes.thread_pool_deadlock import find_thread_pool_deadlock
from reports.causes.thread_pool_saturated import find_thread_pool_saturated
from reports.causes.unbounded_fan_out import find_unbounded_fan_out
from reports.causes.unknown import find_unknown
from reports.verdict import Finding

CAUSES: Mapping[str, Cause] = {  # of two that are as sure and as large, the first is the more particular
    "load_generator_limit": find_load_generator_limit,
    "shared_state_crosstalk": find_shared_state_crosstalk,
    "runaway_loop": find_runaway_loop,
    "thread_pool_deadlock": find_thread_pool_deadlock,
    "sync_async_misuse": find_sync_async_misuse,
    "call_never_returns": find_call_never_returns,
    "growing_state": find_growing_state,
    "unbounded_fan_out": find_unbounded_fan_out,
    "provider_rate_limited": find_provider_rate_limited,
    "event_loop_blocked": find_event_loop_blocked,
    "client_churn": find_client_churn,
    "slow_stream_consumer": find_slow_stream_consumer,
    "cpu_bound": find_cpu_bound,
    "thread_pool_saturated": find_thread_pool_saturated,
    "connection_pool_exhausted": find_connection_pool_exhausted,
    "semaphore_starved": find_semaphore_starved,
    "client_rate_limiter": find_client_rate_limiter,
    "provider_slow": find_provider_slow,
    "unknown": find_unknown,
}
STANDS_ALONE = "load_generator_limit"  # then nothing that was measured tells of the chain
EVENTS = (
    "thread_pool_deadlock",
    "runaway_loop",
    "event_loop_blocked",
    "connection_pool_exhausted",
    "semaphore_starved",
)  # why the very same requests never returned
LAST_RESORT = "unknown"  # dropped when another limit explains the point


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What the causes say."""

    findings: list[Finding]  # what is wrong at any load first, then what limits, each by confidence and share
    unanswered: list[str]  # causes that could not be asked, in words


def diagnose(situation: Situation, causes: Mapping[str, Cause] = CAUSES) -> Diagnosis:
    """Ask every cause.  One that fails takes nothing with it: a run cannot always be made again."""
    found: list[Finding] = []
    unanswered = []
    for name, cause in causes.items():
        try:
            found += [_temper(finding, situation) for finding in cause(situation)]
        except Exception as error:
            unanswered.append(
                f"whether {name} plays a part could not be told from this run ({type(error).__name__}: {error}); "
                "that is a defect of chainload, please report it"
            )
    return Diagnosis(findings=sorted(_settle(found), key=_rank), unanswered=unanswered)


def _temper(finding: Finding, situation: Situation) -> Finding:
    """Where hardly anything ended well, growth is that of failures: what explains it is less sure than an event is."""
    is_of_failures = situation.growth is not None and not situation.growth.high.is_of_good
    if is_of_failures and finding.share_of_growth is not None and finding.confidence == "high":
        return msgspec.structs.replace(finding, confidence="medium")
    return finding


def _settle(found: list[Finding]) -> list[Finding]:
    """Without what another finding makes pointless."""
    alone = [finding for finding in found if finding.cause == STANDS_ALONE]
    if alone:
        return alone
    is_explained = any(finding.cause != LAST_RESORT for finding in limits_of(found))
    dropped = {LAST_RESORT} if is_explained else set()
    sure = [finding for finding in found if finding.confidence == "high"]
    if any(finding.cause in EVENTS and finding.share_of_growth is None for finding in sure):
        dropped.add("call_never_returns")
    if any(finding.cause == "growing_state" for finding in sure):
        dropped.add("provider_slow")  # it is asked for more and more
    churn = next((finding for finding in limits_of(found) if finding.cause == "client_churn"), None)
    if churn is not None and (churn.confidence == "high" or _shares_place(churn, found, "cpu_bound")):
        dropped.add("cpu_bound")  # most of the computing is the building
    return [_within_churn(finding, found) for finding in found if finding.cause not in dropped]


def _shares_place(finding: Finding, found: list[Finding], cause: str) -> bool:
    """Whether the other cause is found in the same function: two names of one thing."""
    others = [one.location for one in found if one.cause == cause]
    place = finding.location
    return place is not None and any(
        other is not None and (other.file, other.function) == (place.file, place.function) for other in others
    )


def _within_churn(finding: Finding, found: list[Finding]) -> Finding:
    """CPU that goes into building clients is not the framework's own work per request: only the rest is claimed."""
    churn = next((one for one in limits_of(found) if one.cause == "client_churn"), None)
    if churn is None or finding.cause != "cpu_bound" or finding.location is not None:
        return finding
    rest = max(0.0, (finding.share_of_growth or 0.0) - (churn.share_of_growth or 0.0))
    return msgspec.structs.replace(finding, share_of_growth=rest, confidence=churn.confidence)


def _rank(finding: Finding) -> tuple[int, bool, bool, float]:
    """By confidence; then what is wrong at any load; then by share, a share that cannot be told being an event's.

    That the framework uses the CPU is true of every chain in the end, so what can be mended comes before it.
    """
    sureness = ("high", "medium", "low").index(finding.confidence)
    share = 1.0 if finding.share_of_growth is None else finding.share_of_growth
    is_framework = finding.cause == "cpu_bound" and finding.location is None
    return sureness, finding.role != "defect", is_framework, -share


def limits_of(findings: Sequence[Finding]) -> list[Finding]:
    """Those that explain the saturation point."""
    return [finding for finding in findings if finding.role == "limit"]

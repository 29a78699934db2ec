"""The causes: which measurements support each, how sure that is, what to do.  One file a cause, one line below.

``find_findings`` asks all of them and orders what they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.causes.cause import Cause
from reports.causes.client_rate_limiter import find_client_rate_limiter
from reports.causes.connection_pool_exhausted import find_connection_pool_exhausted
from reports.causes.cpu_bound import find_cpu_bound
from reports.causes.event_loop_blocked import find_event_loop_blocked
from reports.causes.provider_slow import find_provider_slow
from reports.causes.semaphore_starved import find_semaphore_starved
from reports.causes.situation import Situation
from reports.causes.thread_pool_saturated import find_thread_pool_saturated
from reports.verdict import Finding

CAUSES: Mapping[str, Cause] = {
    "event_loop_blocked": find_event_loop_blocked,
    "cpu_bound": find_cpu_bound,
    "thread_pool_saturated": find_thread_pool_saturated,
    "connection_pool_exhausted": find_connection_pool_exhausted,
    "semaphore_starved": find_semaphore_starved,
    "client_rate_limiter": find_client_rate_limiter,
    "provider_slow": find_provider_slow,
}


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

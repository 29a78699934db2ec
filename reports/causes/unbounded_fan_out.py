"""unbounded_fan_out: one invocation makes so many calls at once that it exhausts something all by itself.

Wide is no fault as long as nothing is exhausted.  What is exhausted is another cause and is listed too; this one is
named when a few users are enough for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.attribution.breakdown import Breakdown
from reports.causes.cause import Cause
from reports.causes.connection_pool_exhausted import find_connection_pool_exhausted
from reports.causes.evidence import tell
from reports.causes.exchange_places import locate_exchange
from reports.causes.places import say_location
from reports.causes.provider_load import ProviderLoad, read_provider_load
from reports.causes.provider_rate_limited import find_provider_rate_limited
from reports.causes.provider_slow import find_provider_slow
from reports.causes.situation import Situation
from reports.causes.thread_pool_saturated import find_thread_pool_saturated
from reports.units import format_count, format_users
from reports.verdict import Evidence, Finding

ID = "unbounded_fan_out"
WIDE = 8  # calls of one invocation at a time
FEW_USERS = 4.0  # enough to exhaust it
WAITS_ALONE_RATIO = 0.2  # of an answer of the lowest step, spent waiting for what is exhausted
WAITS = ("pool_wait", "executor_wait", "provider_queue", "backoff")
EXHAUSTIBLE: tuple[Cause, ...] = (
    find_provider_rate_limited,
    find_connection_pool_exhausted,
    find_provider_slow,
    find_thread_pool_saturated,
)


def find_unbounded_fan_out(situation: Situation) -> Iterator[Finding]:
    low = min(situation.breakdowns.values(), key=lambda one: one.users, default=None)
    load = read_provider_load(situation, situation.low)
    width = _width(situation, low, load)
    if low is None or width < WIDE or not _needs_few_users(situation, low):
        return
    exhausted = [finding for cause in EXHAUSTIBLE for finding in cause(situation)]
    if not exhausted:
        return
    main = max(exhausted, key=lambda finding: finding.share_of_growth or 0.0)
    location = locate_exchange(situation)
    yield Finding(
        cause=ID,
        role="limit",
        confidence=main.confidence,
        share_of_growth=main.share_of_growth,
        location=location,
        summary=f"One request makes {format_count(round(width))} calls at a time, at {say_location(location)}; a few "
        f"users are enough to exhaust what they share ({main.cause.replace('_', ' ')}).",
        evidence=[*_tell(width, low, load), *main.evidence],
        fix=f"Bound what one request does at a time: max_concurrency in the config of batch/abatch (now unbounded, "
        f"{format_count(round(width))} at a time), or a semaphore around each call. Then: {main.fix}",
        proof=main.proof,
        stack=main.stack,
    )


def _width(situation: Situation, low: Breakdown | None, load: ProviderLoad | None) -> float:
    """Calls at a time for each input: those that the load itself sent as one batch do not count."""
    batch = (
        situation.dataset.info.settings.batch_size if situation.dataset.info.settings.mode == "abatch" else 1
    )
    seen = load.widest_mean if load is not None and load.widest_mean is not None else 0.0
    return max(low.fan_out if low is not None else 0.0, seen) / batch


def _needs_few_users(situation: Situation, low: Breakdown) -> bool:
    point = _few_users(situation, low)
    waits = low.of_kind(*WAITS) >= WAITS_ALONE_RATIO * low.response_s
    # A provider's burst can carry one user through a whole step; a few users use it up.
    refused = any(step.users <= FEW_USERS and step.rate_limited_count for step in situation.steps)
    return waits or refused or (point is not None and point <= FEW_USERS)


def _few_users(situation: Situation, low: Breakdown) -> float | None:
    """The saturation point; where it is open, what the highest throughput seen would make it at the least."""
    saturation = situation.saturation
    if saturation.users is not None or saturation.status != "undecided":
        return saturation.users
    return saturation.max_throughput_per_s * low.response_s if saturation.max_throughput_per_s else None


def _tell(width: float, low: Breakdown, load: ProviderLoad | None) -> Iterator[Evidence]:
    yield tell(
        f"With {format_users(low.users)} a request had up to {format_count(round(width))} calls on their way at a time "
        f"(mean of {format_count(low.trace_count)} traces)."
    )
    if load is not None and load.rate_limited_count:
        yield tell(
            f"The provider refused {format_count(load.rate_limited_count)} of {format_count(load.attempt_count)} calls "
            f"already with {format_users(low.users)}.",
            "provider",
        )

"""provider_slow: the provider's own time grows with load; the chain is innocent.

A provider that is slow but steady is no cause, whatever its height: only what grew can explain growth.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.attribution.capacity import make_proof
from reports.attribution.growth import Growth
from reports.causes.bottleneck import measured_rate
from reports.causes.cause import LISTED_SHARE, rate_confidence
from reports.causes.evidence import tell
from reports.causes.exchange_places import locate_calls
from reports.causes.provider_load import ProviderLoad, read_provider_load
from reports.causes.situation import Situation
from reports.provider_use import read_bounds
from reports.units import format_number, format_ratio, format_seconds, format_users
from reports.verdict import Evidence, Finding, Proof

ID = "provider_slow"
GROWN_RATIO = 1.25  # a call that takes this much longer at the provider
LONGER_RATIO = 1.5  # prompts so much longer: then it is not the provider that changed


def find_provider_slow(situation: Situation) -> Iterator[Finding]:
    growth = situation.growth
    if growth is None or not situation.explains_growth:
        return
    share = growth.share("provider", "provider_queue")
    if share < LISTED_SHARE:
        return
    low, high = (read_provider_load(situation, step) for step in (situation.low, situation.high))
    slower = _slower_ratio(low, high)
    if slower is not None and slower < GROWN_RATIO:
        return  # each call took as long as before: there were more of them
    if low is not None and high is not None and _prompts_grew(low, high):
        return  # each call asked for more
    queued = growth.share("provider_queue") > share / 2
    yield Finding(
        cause=ID,
        role="limit",
        confidence=rate_confidence(share, is_proven=slower is not None),
        share_of_growth=min(share, 1.0),
        location=locate_calls(situation),
        summary=f"{format_ratio(min(share, 1.0))} of the added time is the provider's own: it "
        f"{'queues requests' if queued else 'answers more slowly'} under load. The chain adds nothing.",
        evidence=list(_tell(low, high, growth)),
        fix=_fix(high),
        proof=_prove(situation, high) if queued else None,
    )


def _prove(situation: Situation, high: ProviderLoad | None) -> Proof | None:
    """The slots that the provider's plan gives it, over how long one request's calls take of them."""
    if (
        high is None
        or situation.dataset.attempts is None
        or not high.service_mean_s
        or not high.attempts_per_request
    ):
        return None
    slots, _ = read_bounds(situation.dataset.plan, situation.dataset.attempts)
    hold_s = high.service_mean_s * high.attempts_per_request
    return make_proof(slots, hold_s, measured_rate(situation, situation.high))


def _prompts_grew(low: ProviderLoad, high: ProviderLoad) -> bool:
    if not low.prompt_tokens_mean or not high.prompt_tokens_mean:
        return False
    return high.prompt_tokens_mean >= LONGER_RATIO * low.prompt_tokens_mean


def _slower_ratio(low: ProviderLoad | None, high: ProviderLoad | None) -> float | None:
    """How many times as long a call takes at the provider, queue included; None when it was not measured."""
    before, after = _call_s(low), _call_s(high)
    return after / before if before and after else None


def _call_s(load: ProviderLoad | None) -> float | None:
    if load is None or load.service_mean_s is None:
        return None
    return load.service_mean_s + (load.queue_mean_s or 0.0)


def _tell(low: ProviderLoad | None, high: ProviderLoad | None, growth: Growth) -> Iterator[Evidence]:
    if low is not None and high is not None:
        yield tell(
            f"A call took {format_seconds(_call_s(low))} at the provider with {format_users(growth.low.users)} and "
            f"{format_seconds(_call_s(high))} with {format_users(growth.high.users)}, of which "
            f"{format_seconds(high.queue_mean_s)} in its queue.",
            "provider",
        )
        yield tell(
            f"It worked on {format_number(high.busy_mean)} calls at a time with {format_users(growth.high.users)}.",
            "provider",
        )


def _fix(high: ProviderLoad | None) -> str:
    calls = f" (now {format_number(high.attempts_per_request)} a request)" if high else ""
    return (
        "Ask the provider for more capacity, use a faster model or a second deployment, cache answers, or make fewer "
        f"calls per request{calls}. Nothing in the chain holds requests back."
    )

"""client_rate_limiter: requests wait in the client's own limiter while the provider is idle."""

from __future__ import annotations

from collections.abc import Iterator

from reports.attribution.growth import Growth
from reports.causes.bottleneck import measured_rate
from reports.causes.cause import LISTED_SHARE, rate_confidence
from reports.causes.evidence import tell
from reports.causes.places import locate_site, say_location
from reports.causes.provider_load import ProviderLoad, read_provider_load
from reports.causes.situation import Situation
from reports.units import format_number, format_ratio, format_seconds, format_users
from reports.verdict import Evidence, Finding

ID = "client_rate_limiter"
WAITS = ("limiter_wait", "sleep")  # of a library's limiter, or asleep in user code until a turn comes


def find_client_rate_limiter(situation: Situation) -> Iterator[Finding]:
    growth = situation.growth
    if growth is None or not situation.explains_growth:
        return
    share = growth.share(*WAITS)
    load = read_provider_load(situation, situation.high)
    if share < LISTED_SHARE or (load is not None and load.rate_limited_count):
        return  # with 429s it is the provider's limit that is waited out
    kind = "limiter_wait" if growth.share("limiter_wait") >= growth.share("sleep") else "sleep"
    site = next((site for site, _ in growth.by_site(kind) if site >= 0), None)
    location = locate_site(situation, site)
    rate = measured_rate(situation, situation.high)
    yield Finding(
        cause=ID,
        role="limit",
        confidence=rate_confidence(share, is_proven=kind == "limiter_wait" or _is_flat(situation)),
        share_of_growth=min(share, 1.0),
        location=location,
        summary=f"{format_ratio(min(share, 1.0))} of the added time is waiting in the client's own rate limiter, at "
        f"{say_location(location)}; it lets {format_number(rate)} requests/s through.",
        evidence=[*_tell_waits(growth), *_tell_provider(load)],
        fix="Raise the limiter to what the provider allows (requests_per_second, max_bucket_size), share one limiter "
        f"only among chains that share a quota, or drop it where the provider's own limit is higher; now it lets "
        f"{format_number(rate)} requests/s through.",
        stack=list(situation.recording.frames(site if site is not None else -1)),
    )


def _is_flat(situation: Situation) -> bool:
    """Whether throughput is the same at the two highest steps: a limiter's is, whatever the load."""
    rates = [step.throughput_per_s for step in situation.steps if step.throughput_per_s]
    return len(rates) >= 2 and abs(rates[-1] / rates[-2] - 1) <= 0.15


def _tell_waits(growth: Growth) -> Iterator[Evidence]:
    yield tell(
        f"A request waited {format_seconds(growth.low.of_kind(*WAITS))} for its turn with "
        f"{format_users(growth.low.users)} and {format_seconds(growth.high.of_kind(*WAITS))} with "
        f"{format_users(growth.high.users)}."
    )


def _tell_provider(load: ProviderLoad | None) -> Iterator[Evidence]:
    if load is not None and load.busy_mean is not None:
        yield tell(
            f"Meanwhile the provider worked on {format_number(load.busy_mean)} calls at a time, and sent no 429.",
            "provider",
        )

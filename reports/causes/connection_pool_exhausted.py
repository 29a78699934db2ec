"""connection_pool_exhausted: requests wait for a connection of an HTTP or database pool, or give up waiting."""

from __future__ import annotations

from collections.abc import Iterator

from reports.causes.await_places import find_await_places
from reports.causes.bottleneck import Bottleneck, find_bottlenecks
from reports.causes.cause import rate_confidence
from reports.causes.evidence import tell, tell_holders, tell_law, tell_wait
from reports.causes.places import locate_site, say_location
from reports.causes.resource_words import name_resource
from reports.causes.situation import Situation
from reports.units import format_count, format_ratio, format_seconds
from reports.verdict import Evidence, Finding, Location

ID = "connection_pool_exhausted"
MOSTLY = 0.5  # of the wait, seen at one place
POOL_ERRORS = ("PoolTimeout", "QueuePool limit", "TimeoutError: QueuePool", "too many connections")


def find_connection_pool_exhausted(situation: Situation) -> Iterator[Finding]:
    errors = _count_pool_errors(situation)
    for found in find_bottlenecks(situation, "pool_wait"):
        location = _locate(situation, found)
        yield Finding(
            cause=ID,
            role="limit",
            confidence=rate_confidence(found.share, is_proven=found.is_proven or errors > 0),
            share_of_growth=min(found.share, 1.0),
            location=location,
            summary=f"{format_ratio(min(found.share, 1.0))} of the added time is waiting for a connection of "
            f"{name_resource(situation, found)}.",
            evidence=[
                tell_wait(situation, found),
                *tell_holders(situation, found),
                *tell_law(found),
                *_tell_errors(errors),
            ],
            fix=_fix(situation, found),
            proof=found.proof,
            stack=list(situation.recording.frames(found.waited_at if found.waited_at is not None else -1)),
        )


def _locate(situation: Situation, found: Bottleneck) -> Location | None:
    """Where the pool was made, else who holds its connections, else where tasks were seen waiting meanwhile.

    A driver that switches stacks (greenlets) hides whose line it works for; the await chain of the task shows it.
    """
    for site in (found.made_at, found.held_at, found.waited_at):
        location = locate_site(situation, site)
        if location is not None:
            return location
    waits = [place for place in find_await_places(situation) if place.grown_s >= MOSTLY * found.grown_s > 0]
    return locate_site(situation, waits[0].site) if waits else None


def _count_pool_errors(situation: Situation) -> int:
    return sum(
        count
        for step in situation.steps
        for message, count in step.errors.items()
        if any(word in message for word in POOL_ERRORS)
    )


def _tell_errors(count: int) -> Iterator[Evidence]:
    if count:
        yield tell(f"{format_count(count)} requests failed because they got no connection in time.", "load")


def _fix(situation: Situation, found: Bottleneck) -> str:
    size = f" from {found.capacity:.0f}" if found.capacity else ""
    enough = f"{size} to at least {found.wanted}" if found.wanted else size
    if found.resource.startswith("db"):
        holder = say_location(locate_site(situation, found.held_at))
        return (
            f"Give the connection back before slow work: {holder} keeps it for "
            f"{format_seconds(found.high_hold_s)} per request. Or raise pool_size{enough}."
        )
    return (
        f"Raise max_connections of the HTTP client{enough} (httpx.Limits), or leave its limits at openai's default "
        "of 1,000. Set a pool time-out, so that a full pool fails loudly instead of waiting without end."
    )

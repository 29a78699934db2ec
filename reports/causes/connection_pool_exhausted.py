"""connection_pool_exhausted: requests wait for a connection of an HTTP or database pool, or give up waiting."""

from __future__ import annotations

from collections.abc import Iterator

from reports.causes.await_places import find_await_places
from reports.causes.bottleneck import Bottleneck, find_bottlenecks
from reports.causes.cause import rate_confidence
from reports.causes.evidence import tell, tell_holders, tell_law, tell_wait
from reports.causes.leaked_pool import LeakedPool, find_leaked_pool
from reports.causes.places import locate_site, say_location
from reports.causes.resource_words import name_resource
from reports.causes.situation import Situation
from reports.units import format_count, format_ratio, format_seconds, plural
from reports.verdict import Evidence, Finding, Location

ID = "connection_pool_exhausted"
MOSTLY = 0.5  # of the wait, seen at one place
POOL_ERRORS = ("PoolTimeout", "QueuePool limit", "TimeoutError: QueuePool", "too many connections")


def find_connection_pool_exhausted(situation: Situation) -> Iterator[Finding]:
    leaked = find_leaked_pool(situation)
    if leaked is not None:
        yield _describe_leak(situation, leaked)
        return
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


def _describe_leak(situation: Situation, leaked: LeakedPool) -> Finding:
    location = locate_site(situation, leaked.site) or locate_site(situation, leaked.made_at)
    made = locate_site(situation, leaked.made_at)
    size, at = (
        plural(round(leaked.capacity), "connection"),
        f" made at {made.file}:{made.line}" if made else "",
    )
    return Finding(
        cause=ID,
        role="limit",
        confidence="high",
        share_of_growth=None,
        location=location,
        summary=f"All {size} of the pool{at} are taken and none comes back: requests wait for one without end at "
        f"{say_location(location)}.",
        evidence=[
            tell(
                f"{plural(leaked.waiting_count, 'request')} waited for a connection when they were given up."
            ),
            tell(
                f"Meanwhile the provider was at work on {plural(leaked.at_work_count, 'call')}.", "provider"
            ),
        ],
        fix="Give every connection back: read streams to their end or close them (`async with aclosing(stream)`), use "
        "`with` around clients' streams and database sessions, and keep no reference to one that is half read. Set a "
        "pool time-out, so that an empty pool fails loudly.",
        stack=list(situation.recording.frames(leaked.site)),
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

"""semaphore_starved: waiting for a semaphore, lock, condition, or for the one consumer behind a queue.

A semaphore that is never waited for is no evidence, however small.  A wait that grew because the work under it became
slower belongs to what became slower; the attribution has moved it there already.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.attribution.growth import Growth
from reports.attribution.state import NO_SITE
from reports.causes.await_places import FUTURE, find_await_places
from reports.causes.bottleneck import Bottleneck, find_bottlenecks
from reports.causes.cause import NAMED_SHARE, rate_confidence
from reports.causes.evidence import tell, tell_holders, tell_law, tell_wait
from reports.causes.loop_load import read_loop_load
from reports.causes.places import locate_site, say_location
from reports.causes.resource_words import KINDS, kind_of_resource, name_resource
from reports.causes.situation import Situation
from reports.causes.standstill import find_standstills
from reports.units import format_ratio, format_seconds, format_users, plural
from reports.verdict import Finding

ID = "semaphore_starved"
FULL_LOOP_RATIO = 0.85
QUEUE_FIX = (
    "One consumer serves every request in turn: start several consumers, let each take several items at a time, or do "
    "the work where it is asked for."
)
NEVER_BACK = "none is ever given back."
IN_ORDER_FIX = (
    "Take what a request needs in one order everywhere, sorted by a key of theirs say, so that two requests never wait "
    "for each other; or give back what is held before asking for the next, with a time limit on the wait."
)
QUEUES = ("queue", "thread_queue", "event", "condition", "thread_condition")


def find_semaphore_starved(situation: Situation) -> Iterator[Finding]:
    found = list(_find_standstill(situation)) or list(_find_waits(situation))
    yield from found or _find_turns(situation)


def _find_standstill(situation: Situation) -> Iterator[Finding]:
    """Requests that have a permit and wait for another of the same: none is ever given back."""
    found = next(
        (one for one in find_standstills(situation) if kind_of_resource(one.resource) in KINDS), None
    )
    if found is None:
        return
    kind, place = KINDS[kind_of_resource(found.resource)], say_location(found.location)
    first = found.first_users(situation)
    if found.is_several:
        summary = f"Requests hold one {kind} each and wait for one another's, at {place}: {NEVER_BACK}"
        had = "one and waited for another"
        fix = IN_ORDER_FIX
    else:
        summary = f"All of the {kind} is held by requests that wait for more of it, at {place}: {NEVER_BACK}"
        had = "it and waited for it"
        fix = (
            f"Take the {kind} once per request: release it before {place} asks for it again, or use one of its own "
            "for the inner work. More permits only move the point at which it stops."
        )
    yield Finding(
        cause=ID,
        role="limit",
        confidence="high",
        share_of_growth=None,
        location=found.location,
        summary=summary,
        evidence=[
            tell(
                f"{plural(len(found.holders), 'request')} had {had} when they were given up"
                f"{f'; it first stopped with {format_users(first)}' if first else ''}."
            )
        ],
        fix=fix,
        stack=list(found.stack),
    )


def _find_turns(situation: Situation) -> Iterator[Finding]:
    """A future awaited bare in the user's code: somebody serves one request after the other and sets it."""
    growth = situation.growth
    if growth is None or not situation.explains_growth or growth.grown_s <= 0:
        return
    place = next((place for place in find_await_places(situation) if place.waits_in == FUTURE), None)
    if place is None:
        return
    share = min(place.grown_s / growth.grown_s, _unexplained(situation, growth))
    if share < NAMED_SHARE:
        return
    location = locate_site(situation, place.site)
    yield Finding(
        cause=ID,
        role="limit",
        confidence=rate_confidence(share, is_proven=False),
        share_of_growth=min(share, 1.0),
        location=location,
        summary=f"{format_ratio(min(share, 1.0))} of the added time is waiting at {say_location(location)} for a "
        "future that something else sets: one consumer serves all requests in turn.",
        evidence=[
            tell(
                f"A request waited {format_seconds(place.low_s)} there with {format_users(growth.low.users)} and "
                f"{format_seconds(place.high_s)} with {format_users(growth.high.users)}, while the event loop and the "
                "provider had room."
            )
        ],
        fix=QUEUE_FIX,
        stack=list(situation.recording.frames(place.site)),
    )


def _unexplained(situation: Situation, growth: Growth) -> float:
    """What a wait that no probe sees may be part of.

    A moment in which nothing is known to be waited for counts as the loop's as far as it was busy.  A task seen in a
    future was not held up by it, unless the loop had no time left for anybody.
    """
    share = growth.share("unknown", "step")
    load = read_loop_load(situation, situation.high)
    if load.busy_ratio is not None and load.busy_ratio < FULL_LOOP_RATIO:
        share += sum(
            part
            for state, part in growth.explained.items()
            if state.kind == "loop_computing" and state.site == NO_SITE
        )
    return share


def _find_waits(situation: Situation) -> Iterator[Finding]:
    for found in find_bottlenecks(situation, "lock_wait"):
        site = found.held_at if found.held_at is not None else found.waited_at
        location = locate_site(situation, site) or locate_site(situation, found.made_at)
        yield Finding(
            cause=ID,
            role="limit",
            confidence=rate_confidence(found.share, is_proven=found.is_proven),
            share_of_growth=min(found.share, 1.0),
            location=location,
            summary=f"{format_ratio(min(found.share, 1.0))} of the added time is waiting for "
            f"{name_resource(situation, found)}, at {say_location(location)}.",
            evidence=[tell_wait(situation, found), *tell_holders(situation, found), *tell_law(found)],
            fix=_fix(found),
            proof=found.proof,
            stack=list(situation.recording.frames(site if site is not None else -1)),
        )


def _fix(found: Bottleneck) -> str:
    kind = kind_of_resource(found.resource)
    hold = f" (now {format_seconds(found.high_hold_s)} per request)" if found.high_hold_s else ""
    if kind in QUEUES:
        return QUEUE_FIX
    if "semaphore" in kind or "limiter" in kind:
        size = f" from {found.capacity:.0f}" if found.capacity else ""
        enough = f" to at least {found.wanted}" if found.wanted else ""
        return f"Raise the {KINDS.get(kind, kind)}{size}{enough}, or hold it only around what must be limited{hold}."
    return (
        f"Hold the {KINDS.get(kind, kind)} for less{hold}: take slow calls out of it, use a lock per key, or drop it "
        "where nothing is shared."
    )

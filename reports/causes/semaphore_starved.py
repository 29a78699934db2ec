"""semaphore_starved: waiting for a semaphore, lock, condition, or for the one consumer behind a queue.

A semaphore that is never waited for is no evidence, however small.  A wait that grew because the work under it became
slower belongs to what became slower; the attribution has moved it there already.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.causes.bottleneck import Bottleneck, find_bottlenecks
from reports.causes.cause import rate_confidence
from reports.causes.evidence import tell_holders, tell_law, tell_wait
from reports.causes.places import locate_site, say_location
from reports.causes.resource_words import KINDS, kind_of_resource, name_resource
from reports.causes.situation import Situation
from reports.units import format_ratio, format_seconds
from reports.verdict import Finding

ID = "semaphore_starved"
QUEUES = ("queue", "thread_queue", "event", "condition", "thread_condition")


def find_semaphore_starved(situation: Situation) -> Iterator[Finding]:
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
        return (
            "One consumer serves every request in turn: start several consumers, let each take several items at a "
            "time, or do the work where it is asked for."
        )
    if "semaphore" in kind or "limiter" in kind:
        size = f" from {found.capacity:.0f}" if found.capacity else ""
        enough = f" to at least {found.wanted}" if found.wanted else ""
        return f"Raise the {KINDS.get(kind, kind)}{size}{enough}, or hold it only around what must be limited{hold}."
    return (
        f"Hold the {KINDS.get(kind, kind)} for less{hold}: take slow calls out of it, use a lock per key, or drop it "
        "where nothing is shared."
    )

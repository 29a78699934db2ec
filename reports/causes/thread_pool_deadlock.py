"""thread_pool_deadlock: threads of a pool wait for work that is queued behind them.  No error, no time-out, no end.

A pool is deadlocked when those that hold its threads wait, themselves or through something else that is held, for a
thread of the same pool.  Before it stops for good it slows down: its threads wait for work that is queued for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.attribution.capacity import find_capacity
from reports.causes.cause import LARGE_SHARE
from reports.causes.evidence import tell, tell_holders, tell_wait
from reports.causes.nested_work import NestedWork, find_nested_work
from reports.causes.places import locate_site, say_location
from reports.causes.situation import Situation
from reports.causes.standstill import Standstill, find_standstills
from reports.units import format_number, format_ratio, format_users, plural
from reports.verdict import Evidence, Finding

ID = "thread_pool_deadlock"
POOLS = ("executor", "anyio:")
NAMES = {
    "executor:default": "the default executor",
    "executor:default:other": "the default executor of another event loop",
    "anyio:default": "AnyIO's worker threads",
}


def find_thread_pool_deadlock(situation: Situation) -> Iterator[Finding]:
    found = next((one for one in find_standstills(situation) if one.resource.startswith(POOLS)), None)
    if found is None:
        yield from (_describe_nested(situation, nested) for nested in find_nested_work(situation))
        return
    place = say_location(found.location)
    yield Finding(
        cause=ID,
        role="limit",
        confidence="high",
        share_of_growth=None,
        location=found.location,
        summary=f"Every thread of {_name(situation, found.resource)} is held by {place}, which waits for work that is "
        "queued behind it in the same pool: nothing goes on.",
        evidence=list(_tell(situation, found)),
        fix=_fix(place),
        stack=list(found.stack),
    )


def _describe_nested(situation: Situation, nested: NestedWork) -> Finding:
    pool = nested.pool
    location = locate_site(situation, pool.held_at)
    place = say_location(location)
    name = _name(situation, pool.resource)
    return Finding(
        cause=ID,
        role="limit",
        confidence="high" if pool.share >= LARGE_SHARE else "medium",
        share_of_growth=min(pool.share, 1.0),
        location=location,
        summary=f"{format_ratio(min(pool.share, 1.0))} of the added time is waiting for a thread of {name}, whose "
        f"threads are held by {place}, which waits for work that is queued behind it in the same pool. With a few more "
        "users nothing goes on.",
        evidence=[
            tell_wait(situation, pool),
            *tell_holders(situation, pool),
            tell(
                f"{format_ratio(nested.waiting_ratio)} of its threads were seen waiting for a result, and "
                f"{format_ratio(min(nested.self_wait_ratio, 1.0))} of the time they are held, work of the same request "
                "was queued for a thread of the same pool."
            ),
        ],
        fix=_fix(place),
        stack=list(situation.recording.frames(pool.held_at if pool.held_at is not None else -1)),
    )


def _fix(place: str) -> str:
    return (
        f"Do not wait in a thread of a pool for work that needs the same pool: make {place} async and await it, or "
        "give the outer work a pool of its own, at least as large as the number of requests at a time. More threads "
        "only move the point at which it stops."
    )


def _name(situation: Situation, resource: str) -> str:
    capacity = find_capacity(situation.recording.gauges.get(resource, ()))
    size = f" ({plural(round(capacity), 'thread')})" if capacity else ""
    return f"{NAMES.get(resource, 'the thread pool')}{size}"


def _tell(situation: Situation, found: Standstill) -> Iterator[Evidence]:
    first = found.first_users(situation)
    if first is not None:
        yield tell(f"It first stopped with {format_users(first)}.")
    others = ", ".join(name.partition(":")[0] for name in found.cycle[1:])
    through = f", through {others}" if others else ""
    yield tell(
        f"{plural(len(found.holders), 'request')} held a thread of the pool and waited for another of it when they "
        f"were given up{through}."
    )
    yield tell(
        f"Up to {format_number(found.most_waiting)} pieces of work were queued, none of which could begin."
    )

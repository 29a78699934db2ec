"""thread_pool_deadlock: threads of a pool wait for work that is queued behind them.  No error, no time-out, no end.

A pool is deadlocked when those that hold its threads wait, themselves or through something else that is held, for a
thread of the same pool.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.attribution.capacity import find_capacity
from reports.causes.evidence import tell
from reports.causes.places import say_location
from reports.causes.situation import Situation
from reports.causes.standstill import Standstill, find_standstills
from reports.units import format_number, format_users, plural
from reports.verdict import Evidence, Finding

ID = "thread_pool_deadlock"
POOLS = ("executor", "anyio:")
NAMES = {"executor:default": "the default executor", "anyio:default": "AnyIO's worker threads"}


def find_thread_pool_deadlock(situation: Situation) -> Iterator[Finding]:
    found = next((one for one in find_standstills(situation) if one.resource.startswith(POOLS)), None)
    if found is None:
        return
    place = say_location(found.location)
    yield Finding(
        cause=ID,
        role="limit",
        confidence="high",
        share_of_growth=None,
        location=found.location,
        summary=f"Every thread of {_name(situation, found)} is held by {place}, which waits for work that is queued "
        "behind it in the same pool: nothing goes on.",
        evidence=list(_tell(situation, found)),
        fix=f"Do not wait in a thread of a pool for work that needs the same pool: make {place} async and await it, or "
        "give the outer work a pool of its own, at least as large as the number of requests at a time. More threads "
        "only move the point at which it stops.",
        stack=list(found.stack),
    )


def _name(situation: Situation, found: Standstill) -> str:
    capacity = find_capacity(situation.recording.gauges.get(found.resource, ()))
    size = f" ({plural(round(capacity), 'thread')})" if capacity else ""
    return f"{NAMES.get(found.resource, 'the thread pool')}{size}"


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

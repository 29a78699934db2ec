"""What a request waits for or uses, in a few words: "default executor (6 threads)".  Pure."""

from __future__ import annotations

from reports.attribution.capacity import find_capacity
from reports.causes.places import locate_site
from reports.causes.resource_words import KINDS, kind_of_resource
from reports.causes.situation import Situation
from reports.units import plural
from reports.verdict import Location

POOLS = {"http_pool": "HTTP connection pool", "db_pool": "database connection pool"}
UNITS = {
    "executor": "thread", "anyio": "thread", "http_pool": "connection", "db_pool": "connection",
    "semaphore": "permit", "thread_semaphore": "permit", "anyio_semaphore": "permit",
}  # fmt: skip
UNNAMED = {"", "provider", "connect", "invocation", "sleep", "retry"}  # the state says it already


def name_resource(situation: Situation, state: str, resource: str) -> str | None:
    """state: the kind of state that uses it.  None when there is nothing to add to the state's own words."""
    if resource in UNNAMED:
        return None
    if state == "loop_blocked":
        return f"in {resource}"
    kind, _, own = resource.partition(":")
    if state in ("step", "stream_consumer", "construct"):
        return f"{kind} {own}".strip()
    if state in ("provider", "provider_queue", "connect"):
        return own or resource
    return name_pool(situation, resource)


def name_pool(situation: Situation, resource: str) -> str:
    """Something with a capacity, with its size where that is known."""
    kind = kind_of_resource(resource)
    word = {
        "executor:default": "default executor",
        "executor:default:other": "default executor of other loops",
        "anyio:default": "AnyIO's threads",
        "executor": "thread pool",
        "anyio": "thread limiter",
    }
    name = word.get(resource) or word.get(kind) or POOLS.get(kind) or KINDS.get(kind, kind.replace("_", " "))
    capacity = find_capacity(situation.recording.gauges.get(resource, ()))
    if not capacity or kind not in UNITS:
        return name
    return f"{name} ({plural(round(capacity), UNITS[kind])})"


def place_of_resource(situation: Situation, resource: str) -> Location | None:
    """Where it was made; None when not in the user's code."""
    readings = situation.recording.gauges.get(resource, ())
    return locate_site(situation, next((reading.site for reading in readings if reading.site >= 0), None))

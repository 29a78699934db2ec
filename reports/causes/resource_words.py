"""Resources as people call them.  Pure."""

from __future__ import annotations

from reports.causes.bottleneck import Bottleneck
from reports.causes.places import locate_site, say_location
from reports.causes.situation import Situation
from reports.units import plural

KINDS = {
    "semaphore": "semaphore",
    "thread_semaphore": "threading semaphore",
    "lock": "lock",
    "thread_lock": "threading lock",
    "file_lock": "file lock",
    "condition": "condition",
    "thread_condition": "threading condition",
    "event": "event",
    "queue": "queue",
    "thread_queue": "queue.Queue",
    "anyio_semaphore": "AnyIO semaphore",
    "anyio_lock": "AnyIO lock",
    "limiter": "limiter",
}


def kind_of_resource(resource: str) -> str:
    """ "semaphore" of "semaphore:site12"."""
    return resource.partition(":")[0]


def name_resource(situation: Situation, found: Bottleneck) -> str:
    """With its size and, where user code made it, the place: "the semaphore (5 permits) made at app/chain.py:12"."""
    kind = kind_of_resource(found.resource)
    if kind in ("executor", "anyio"):
        return _name_pool(situation, found)
    if "pool" in kind:
        return f"the {_pool_word(kind)}{_size(found, 'connection')}{_made_at(situation, found)}"
    word = KINDS.get(kind, kind.replace("_", " "))
    return f"the {word}{_size(found, 'permit') if 'semaphore' in kind else ''}{_made_at(situation, found)}"


def _name_pool(situation: Situation, found: Bottleneck) -> str:
    if found.resource.startswith("executor:default"):
        of = " of other event loops" if found.resource != "executor:default" else ""
        return f"the default executor{of}{_size(found, 'thread')}"
    if found.resource == "anyio:default":
        return f"AnyIO's thread limiter{_size(found, 'token')}"
    word = "thread limiter" if found.resource.startswith("anyio") else "thread pool"
    return f"the {word}{_size(found, 'thread')}{_made_at(situation, found)}"


def _pool_word(kind: str) -> str:
    return {"http_pool": "HTTP connection pool", "db_pool": "database connection pool"}.get(
        kind, "connection pool"
    )


def _size(found: Bottleneck, noun: str) -> str:
    if not found.capacity:
        return ""
    return f" ({plural(round(found.capacity), noun)})"


def _made_at(situation: Situation, found: Bottleneck) -> str:
    location = locate_site(situation, found.made_at)
    return f" made at {location.file}:{location.line}" if location else ""


def name_holder(situation: Situation, site: int | None) -> str:
    return say_location(locate_site(situation, site))

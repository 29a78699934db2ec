"""thread_pool_saturated: work queues for a thread.

Queue length is no evidence (a healthy pool with cheap work peaks high); the wait from submit to start is, and the
culprit is who holds the threads, not who waits.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.causes.bottleneck import Bottleneck, find_bottlenecks
from reports.causes.cause import rate_confidence
from reports.causes.evidence import tell_holders, tell_law, tell_wait
from reports.causes.nested_work import look_for_nested_work
from reports.causes.places import locate_site, say_location
from reports.causes.resource_words import name_resource
from reports.causes.situation import Situation
from reports.units import format_ratio, format_seconds
from reports.verdict import Finding

ID = "thread_pool_saturated"


def find_thread_pool_saturated(situation: Situation) -> Iterator[Finding]:
    for found in find_bottlenecks(situation, "executor_wait"):
        if look_for_nested_work(situation, found) is not None:
            continue  # more threads would not help
        location = locate_site(situation, found.held_at)
        holder = say_location(location)
        yield Finding(
            cause=ID,
            role="limit",
            confidence=rate_confidence(found.share, is_proven=found.is_proven),
            share_of_growth=min(found.share, 1.0),
            location=location,
            summary=f"{format_ratio(min(found.share, 1.0))} of the added time is waiting for a thread of "
            f"{name_resource(situation, found)}, held by {holder}.",
            evidence=[tell_wait(situation, found), *tell_holders(situation, found), *tell_law(found)],
            fix=_fix(found, holder),
            proof=found.proof,
            stack=list(situation.recording.frames(found.held_at if found.held_at is not None else -1)),
        )


def _fix(found: Bottleneck, holder: str) -> str:
    size = f"{found.capacity:.0f}" if found.capacity else "its size"
    enough = f" from {size} to at least {found.wanted}" if found.wanted else ""
    hold = format_seconds(found.high_hold_s) if found.high_hold_s else "as long as it runs"
    if found.resource.startswith("anyio"):
        return (
            f"Make the endpoint or dependency `async def` and await inside it, so that {holder} takes no token for "
            f"{hold}; or raise the limiter{enough} at start-up: "
            "anyio.to_thread.current_default_thread_limiter().total_tokens = …"
        )
    if found.resource.startswith("executor:default"):
        return (
            f"Give {holder} an async body (`async def`, `_arun`, `_aget_relevant_documents`), so that it needs no "
            f"thread for {hold}; or give it a pool of its own; or raise the default executor{enough}: "
            "loop.set_default_executor(ThreadPoolExecutor(…))."
        )
    return f"Raise max_workers of this pool{enough}, or make {holder} async so that it needs no thread for {hold}."

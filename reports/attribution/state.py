"""The states an invocation's time is split into, and the spans they are made from.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

NO_SITE = -1

# Kinds of spans that are states by themselves: nothing else has to be asked.
WAITS = {
    "provider", "provider_queue", "backoff", "pool_wait", "connect", "executor_wait", "lock_wait", "limiter_wait",
    "stream_consumer", "sleep", "construct",
}  # fmt: skip
# What stands for a wait: who had the resource meanwhile.
HOLD_OF_WAIT = {"executor_wait": "thread_run", "lock_wait": "hold", "pool_wait": "connection"}
LEAVES = WAITS | {"thread_run"}
# Waits for somebody else's work, which may be this very invocation's: explained by that work as long as there is any.
TURN = "turn"
TURNS = ("queue", "event", "condition", "thread_queue", "thread_event", "thread_condition")

STATE_WORDS = {
    "provider": "answered by the provider",
    "provider_queue": "queued at the provider",
    "backoff": "asleep between two tries",
    "pool_wait": "waiting for a connection",
    "connect": "opening a connection",
    "executor_wait": "waiting for a thread",
    "thread": "running in a thread",
    "lock_wait": "waiting for a lock, semaphore or queue",
    "limiter_wait": "waiting in the client's own rate limiter",
    "stream_consumer": "stream held back by its consumer",
    "sleep": "asleep in user code",
    "construct": "building clients or graphs",
    "loop_blocked": "event loop blocked",
    "loop_computing": "event loop computing",
    "step": "in a step of the chain, not explained further",
    "transfer": "between load generator and target",
    "unknown": "unknown",
}


class State(NamedTuple):
    """One way of spending time: kind, place in code, what is used or waited for."""

    kind: str
    site: int = NO_SITE
    resource: str = ""


Seconds = dict[State, float]
PROVIDER = "provider"  # resource of exchanges with the provider; others are named after their host


@dataclass(frozen=True, slots=True)
class Interval:
    """A span as the timeline needs it: cut to times, one context, what it counts as."""

    kind: str
    start_s: float
    end_s: float
    context: int
    state: State
    parent: int | None = None  # of a running thread: the context that gave it the work, and now waits for it


def add_seconds(total: Seconds, part: Seconds, weight: float = 1.0) -> None:
    """Add ``part`` times ``weight`` into ``total``."""
    for state, seconds in part.items():
        total[state] = total.get(state, 0.0) + weight * seconds

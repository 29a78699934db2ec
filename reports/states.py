"""How the states of a request are shown: one table of their words, colours and order, for every reader.  Pure.

What a state is, and how time is given to it, is ``reports.attribution``'s.  Services are pale, waits are strong: what
stands out in a chart is what holds a request up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reports.attribution.state import STATE_WORDS

UNKNOWN = "unknown"
# State -> its colour, from the bottom of a stack to its top.  Each colour is a CSS variable, too: see plots.palette.
STATE_COLOURS = {
    "provider": "#7d99b3",
    "provider_queue": "#34495e",
    "connect": "#56b4ea",
    "thread": "#e8a06c",
    "sleep": "#b9a3d6",
    "construct": "#8c564b",
    "step": "#b4bcc5",
    "loop_computing": "#029e73",
    "loop_blocked": "#1d2026",
    "executor_wait": "#d55e01",
    "pool_wait": "#0173b2",
    "lock_wait": "#cc78bc",
    "limiter_wait": "#a67c00",
    "backoff": "#e69f01",
    "stream_consumer": "#7b5ea7",
    "transfer": "#98a0aa",
    "unknown": "#8b929b",  # of its hatch
}


def name_state(state: str) -> str:
    """In words, the same on page, terminal and in findings."""
    return STATE_WORDS.get(state, state.replace("_", " "))


def stack_order(states: Iterable[str]) -> list[str]:
    """From the bottom up: what serves, what waits, what nobody knows."""
    order = {state: position for position, state in enumerate(STATE_COLOURS)}
    return sorted(set(states), key=lambda state: (order.get(state, len(order)), state))


def largest_states(*steps: Mapping[str, float], most: int) -> list[str]:
    """Those that take the largest part of any of the steps, largest first; at most ``most``."""
    parts: dict[str, float] = {}
    for seconds in steps:
        total_s = sum(seconds.values()) or 1.0
        for state, value_s in seconds.items():
            parts[state] = max(parts.get(state, 0.0), value_s / total_s)
    return sorted(parts, key=lambda state: (-parts[state], state))[:most]

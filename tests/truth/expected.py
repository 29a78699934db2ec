"""What is planted in each scenario beside its cause: the place that must be named, the saturation point.  Pure.

A scenario is listed here when it has more to check than its cause.  The place is given as names and code, never as a
line number, so that a chain may be edited freely.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the verdict on a scenario's broken chain must say, and what it may say of the chain put right."""

    functions: tuple[str, ...] = ()  # any of them; empty: the place is outside of functions, or there is none
    code: str = ""  # part of the line that is named
    file: str | None = None  # of the place, below scenarios/chains; None: the target's own
    is_placed: bool = True  # whether there is a line of the user's to name
    users: float | None = None  # saturation point by the capacity law; None: there is none, or no exact one
    is_faster_fixed: bool = True  # what is wrong at any load need not cost throughput
    fixed_limits: tuple[str, ...] = ()  # causes that rightly limit the chain put right, or a healthy one


EXPECTED: dict[str, Expected] = {
    # One call of 200 ms on the loop, one beside it: 5 a second, 0.4 s each.
    "blocking_call": Expected(functions=("refuse_or_pass_blocking",), code="judge.invoke(", users=2.0),
    "hung_tool": Expected(functions=("ask", "order_status"), code="await"),
    "rate_limited": Expected(is_placed=False),
    "default_executor": Expected(functions=("search",), code="time.sleep("),
}

"""What a look at the pairs says, in a sentence with its numbers.  Pure."""

from __future__ import annotations

from collections.abc import Callable

from harness.pair_plan import LoadName
from reports.gate.paired.sequential import LOOKS, Look
from reports.units import format_ratio, format_users


def say_look(
    seen: Look, load: LoadName, *, users: int, limit: float, to_share: Callable[[float], float]
) -> str:
    """ "head carries 11 % less throughput with 20 users (8 % to 14 %), 10 pairs; at most 5 % is allowed." """
    change = say_change(seen, load, users=users, to_share=to_share)
    allowed = f"at most {format_ratio(limit)} is allowed"
    if seen.standing != "undecided":
        return f"{change}; {allowed}."
    if seen.detectable > seen.limit:
        least = format_ratio(to_share(seen.detectable))
        return (
            f"{change}; {allowed}, but pairs scatter so much here that {LOOKS[-1]} of them tell {least} at best: allow "
            "more, or use a quieter machine."
        )
    return f"{change}; {allowed}: too close to tell."


def say_change(seen: Look, load: LoadName, *, users: int, to_share: Callable[[float], float]) -> str:
    """What was seen, without a judgement."""
    worse = seen.estimate >= 0
    size = _size(to_share(seen.estimate))
    low, high = (to_share(value) for value in seen.interval)
    ends = (low, high) if worse else (-high, -low)
    words = {
        ("high", True): f"head carries {size} less throughput",
        ("high", False): f"head carries {size} more throughput",
        ("low", True): f"head answers {size} slower",
        ("low", False): f"head answers {size} faster",
    }
    between = f"{_signed(ends[0])} to {_signed(ends[1])}"
    return f"{words[load, worse]} with {format_users(users)} ({between}), {seen.pair_count} pairs"


def _size(share: float) -> str:
    return format_ratio(abs(share))


def _signed(share: float) -> str:
    return f"−{format_ratio(-share)}" if share < 0 else format_ratio(share)


def say_calibration(seen: Look, *, limit: float, to_share: Callable[[float], float]) -> str:
    """What two runs of the same code tell about this machine."""
    least = format_ratio(to_share(seen.detectable))
    differs = f"the same code twice differs by {_size(to_share(seen.estimate))}"
    return (
        f"{differs}; {LOOKS[-1]} pairs find {least} or more here, and {format_ratio(limit)} is to be found."
    )

"""How many users are safe to plan with.  Pure.

A tested step may still be efficient a little beyond the point of saturation, which is the middle of an interval: to
call that safe would contradict the verdict, so the interval's low end is the most that is called safe.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reports.units import format_users
from reports.verdict import Saturation


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeUsers:
    users: int
    note: str  # why so many, in words


def find_safe_users(saturation: Saturation) -> SafeUsers | None:
    """None when no tested step is efficient, or it is not known which are."""
    tested = saturation.safe_users
    if tested is None:
        return None
    bound = saturation.interval[0] if saturation.interval else saturation.users
    if bound is None or tested <= bound:
        return SafeUsers(users=tested, note="largest step at 80 % efficiency")
    capped = max(1, math.floor(bound))
    note = f"low end of the interval; the step with {format_users(tested)} still had 80 % efficiency"
    return SafeUsers(users=capped, note=note)

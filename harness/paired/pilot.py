"""How many users to compare with: found by going up base's steps until throughput no longer follows.  Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SATURATED = 0.7  # of the throughput that so many users would bring without waiting for each other
BEYOND = 1.5  # times the saturation point: a head that saturates a little later must be saturated, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One step of the way up."""

    users: int
    response_s: float | None  # mean; None: nothing was answered well


def is_saturated(readings: Sequence[Reading]) -> bool:
    """Whether the last step is beyond the saturation point, or answers nothing: there is no need to go on."""
    first, last = readings[0].response_s, readings[-1].response_s
    return first is None or last is None or first / last < SATURATED


def choose_users(readings: Sequence[Reading]) -> tuple[int, int]:
    """Few and many, the second larger; few of them wait for nobody, many saturate it where the steps did."""
    known = [(reading.users, reading.response_s) for reading in readings if reading.response_s]
    if not known or not is_saturated(readings):
        many = max(reading.users for reading in readings)
        return _below(many, many / 4), max(many, 2)
    # In a closed loop throughput is users / response time; the point is where it would meet the first step's slope.
    point = max(users / time_s for users, time_s in known) * known[0][1]
    many = max(math.ceil(BEYOND * point), 2)
    return _below(many, point / 2), many


def _below(many: int, few: float) -> int:
    return min(max(math.floor(few), 1), max(many, 2) - 1)

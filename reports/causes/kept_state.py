"""What the chain keeps between requests and lets grow: the evidence behind growing state and mixed-up users.  Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from harness.probe_records import LEAST_KEPT, KeptState
from reports.causes.places import locate_site
from reports.causes.situation import Situation
from reports.verdict import Location

GROWN_RATIO = 2.0
FEWEST_READINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowingState:
    """A variable of the user's that held more and more."""

    name: str
    first: int
    last: int
    site: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """A variable of the user's that holds text of requests."""

    name: str
    place: Location


def find_growing_variable(situation: Situation) -> GrowingState | None:
    """The one that grew by most; None when none kept growing."""
    series: dict[tuple[str, int], list[KeptState]] = defaultdict(list)
    for reading in situation.recording.kept:
        if reading.size >= LEAST_KEPT:
            series[reading.name, reading.site].append(reading)
    growing = [
        GrowingState(name=name, first=own[0].size, last=own[-1].size, site=site)
        for (name, site), own in series.items()
        if len(own) >= FEWEST_READINGS
        and own[-1].size >= GROWN_RATIO * own[0].size
        and _is_at_its_largest(own)
    ]
    return max(growing, key=lambda one: one.last - one.first, default=None)


def find_canary_keeper(situation: Situation) -> Keeper | None:
    """The one variable that holds text of requests between them; None when there is none, or several."""
    found = {(one.name, one.site) for one in situation.recording.kept if one.holds_canary}
    if len(found) != 1:
        return None
    ((name, site),) = found
    place = locate_site(situation, site)
    return None if place is None else Keeper(name=name, place=place)


def _is_at_its_largest(readings: list[KeptState]) -> bool:
    """What is trimmed or emptied now and then has been larger before."""
    return readings[-1].size >= max(reading.size for reading in readings)

"""What the chain keeps between requests and lets grow: the evidence behind growing state and mixed-up users.  Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from harness.probe_records import KeptState
from reports.causes.situation import Situation

GROWN_RATIO = 2.0
FEWEST_READINGS = 3
LEAST_SIZE = 10  # what holds less is no history


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowingState:
    """A variable of the user's that held more and more."""

    name: str
    first: int
    last: int
    site: int


def find_growing_variable(situation: Situation) -> GrowingState | None:
    """The one that grew by most; None when none kept growing."""
    series: dict[tuple[str, int], list[KeptState]] = defaultdict(list)
    for reading in situation.recording.kept:
        if reading.size >= LEAST_SIZE:
            series[reading.name, reading.site].append(reading)
    growing = [
        GrowingState(name=name, first=own[0].size, last=own[-1].size, site=site)
        for (name, site), own in series.items()
        if len(own) >= FEWEST_READINGS
        and own[-1].size >= GROWN_RATIO * own[0].size
        and _is_at_its_largest(own)
    ]
    return max(growing, key=lambda one: one.last - one.first, default=None)


def find_canary_keeper(situation: Situation) -> KeptState | None:
    """The one variable that holds text of requests between them; None when there is none, or several."""
    keepers = {(one.name, one.site): one for one in situation.recording.kept if one.holds_canary}
    return next(iter(keepers.values())) if len(keepers) == 1 else None


def _is_at_its_largest(readings: list[KeptState]) -> bool:
    """What is trimmed or emptied now and then has been larger before."""
    return readings[-1].size >= max(reading.size for reading in readings)

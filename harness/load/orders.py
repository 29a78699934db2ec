"""What passes between the process that leads a run and the processes in which its users live.  Records only.

One process does both when Locust runs alone; the records are the same.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.load.service import Service
from harness.records import GeneratorHealth, Sample
from harness.settings import RunSettings

GateState = Literal["closed", "open", "cut"]  # cut: closed, and what is still in flight is given up


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What every worker should be doing now.  The whole of it, so that one which comes late or twice does no harm."""

    run: str
    serial: int  # of these orders within the run; a report names the last one obeyed
    settings: RunSettings
    service: Service
    machine: str  # where the leader runs; the target is reachable from there only
    step: int = -1
    gate: GateState = "closed"
    lane: int = 0  # which share of the user numbers is this worker's, see `user_number`
    lane_count: int = 1
    arrivals_per_s: float | None = None  # of all workers together; None: each user waits for its answer


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker has done since its last report."""

    run: str
    serial: int
    lane: int
    in_flight: int
    samples: list[Sample] = []
    health: list[GeneratorHealth] = []
    problem: str | None = None  # why this worker cannot take part

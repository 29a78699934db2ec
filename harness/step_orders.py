"""What one step of a run is: how much load, for how long, and what for.  Core: a record, knows no process."""

from __future__ import annotations

from typing import Literal

import msgspec

ORDERS_FILE = (
    "orders.jsonl"  # in a run directory: whoever started the run orders its steps there, a line each
)

Purpose = Literal["ladder", "refinement", "evidence", "repeat", "open_loop", "pair"]

PURPOSES = {
    "ladder": "as asked for by whoever started the run",
    "refinement": "chosen to narrow the saturation point down",
    "evidence": "chosen because something in the target has this capacity",
    "repeat": "a step that was not steady, once more",
    "open_loop": "requests arrive by the clock, whether or not those before are answered",
    "pair": "one slice of a comparison of two versions, measured in turns",
}


class StepOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step to run."""

    users: int
    hold_s: float  # planned
    hold_least_s: float | None = None  # it may end so early when it has said enough; None: it may not
    purpose: Purpose = "ladder"
    arrivals_per_s: float | None = None  # open loop; None: each user waits for its answer
    hold_most_s: float | None = None  # it may go on for so long when it has not said enough; None: it may not
    note: str | None = None  # why, in a few words for the progress display


class Advice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the steps so far suggest to run next."""

    users: int | None  # None: another step brings little
    purpose: Purpose = "refinement"
    note: str | None = None  # what is known, or why, in a few words

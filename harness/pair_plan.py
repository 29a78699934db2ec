"""What is measured in pairs, and which step of a run belongs to which pair.  Core: a record, knows no process.

Each side makes one run: some steps to warm up, the same on both sides, then two a pair: with many users, who saturate
it, and with few.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from harness.errors import RunDirectoryError
from harness.run_directory import write_whole

SideName = Literal["base", "head"]
LoadName = Literal["high", "low"]
SIDES: tuple[SideName, SideName] = ("base", "head")
LOADS: tuple[LoadName, LoadName] = ("high", "low")
PLAN_FILE = "pairs.json"


class PairPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """pairs.json, beside the runs ``base`` and ``head``."""

    high_users: int = 0  # throughput is compared with so many; 0: not chosen yet …
    low_users: int = 0  # … and the response time with so few
    warm_ups: int = 0  # steps before the first pair
    base: str  # how it is called: "main (3f2a91c)"
    head: str
    base_root: str  # the tree whose code it should run
    head_root: str
    is_calibration: bool = False  # both sides are base
    notices: tuple[str, ...] = ()

    def users(self, load: LoadName) -> int:
        return self.high_users if load == "high" else self.low_users

    def step_index(self, load: LoadName, pair: int) -> int:
        """Of a side's run.  pair: from 0."""
        return self.warm_ups + 2 * pair + LOADS.index(load)

    def write(self, directory: Path) -> None:
        write_whole(directory / PLAN_FILE, msgspec.json.format(msgspec.json.encode(self), indent=2))


def read_plan(directory: Path) -> PairPlan:
    """Raises RunDirectoryError when there is none that can be read."""
    try:
        return msgspec.json.decode((directory / PLAN_FILE).read_bytes(), type=PairPlan)
    except (OSError, msgspec.DecodeError) as error:
        raise RunDirectoryError(f"{directory / PLAN_FILE} cannot be read: {error}") from error

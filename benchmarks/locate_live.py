"""How well a default run finds the saturation point of chains whose point is known, and how long it takes.

    python benchmarks/locate_live.py [--only executor_6 …] [--repeat 1] [--out runs/located] [--auto]

Each is run as a user would: ``chainload run TARGET`` with the default options, in processes of its own, one after the
other.  The truth is the capacity law with the numbers planted in benchmarks/known_capacities.py.  Prints a line a run,
the share within 10 %, and the median of the wall time from command to report.  On a busy machine, imports and the
report take longer than the run: its own time, from its first record to its last, is printed beside.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
GOALS = "goals: 9 of 10 within 10 %, median wall time at most 90 s"
LONGEST_S = 400
NEAR = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A chain and its point: capacity / hold_s answers a second at most, base_s alone."""

    name: str
    capacity: float
    hold_s: float
    base_s: float
    target: str | None = None  # None: as the name
    options: list[str] = field(default_factory=list)

    @property
    def users(self) -> float:
        return self.capacity / self.hold_s * self.base_s


SLOW = ["--mock-set", "latency.mean_s=0.6"]  # few answers a second: a model call costs the machine something
KNOWN = (
    Known(name="executor_6", capacity=6, hold_s=0.1, base_s=0.15),
    Known(name="semaphore_5", capacity=5, hold_s=0.2, base_s=0.2),
    Known(name="semaphore_10", capacity=10, hold_s=0.1, base_s=0.25),
    Known(name="connections_10", capacity=10, hold_s=0.6, base_s=0.8, options=SLOW),
    Known(
        name="rate_limit",
        capacity=900,  # a minute
        hold_s=60,
        base_s=0.8,
        options=[*SLOW, "--mock-set", "limits.requests_per_minute=900", "--mock-set", "limits.burst_s=0.2"],
    ),
    Known(
        name="slots_20",
        capacity=20,
        hold_s=1.2,
        base_s=1.4,
        target="slots",
        options=["--mock-set", "latency.mean_s=1.2", "--mock-set", "capacity.slots=20"],
    ),
    Known(name="lock", capacity=1, hold_s=0.04, base_s=0.3),
    Known(name="workers_8", capacity=8, hold_s=0.15, base_s=0.3),
    Known(name="thread_semaphore_3", capacity=3, hold_s=0.1, base_s=0.2, options=["--mode", "invoke"]),
    Known(name="endpoint_threads", capacity=40, hold_s=0.4, base_s=0.4, target="endpoints"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """What one run said."""

    known: Known
    verdict: dict[str, Any]
    wall_s: float

    @property
    def error(self) -> float | None:
        """Relative; None when no point is claimed."""
        users = self.verdict["saturation"]["users"]
        return None if users is None else users / self.known.users - 1

    @property
    def is_near(self) -> bool:
        return self.error is not None and abs(self.error) <= NEAR


def run(known: Known, out: Path, more: list[str]) -> Located:
    target = f"{HERE / 'known_capacities.py'}:{known.target or known.name}"
    command = [sys.executable, "-P", "-m", "harness", "run", target, *known.options, *more, "--json"]
    start_s = time.monotonic()
    done = subprocess.run(
        [*command, "--out", str(out)], capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    wall_s = time.monotonic() - start_s
    if not done.stdout:
        raise SystemExit(f"{' '.join(command)} printed no verdict:\n{done.stderr[-2000:]}")
    return Located(known=known, verdict=json.loads(done.stdout), wall_s=wall_s)


def describe(located: Located) -> str:
    saturation, steps = located.verdict["saturation"], located.verdict["steps"]
    found = "-" if saturation["users"] is None else f"{saturation['users']:.1f}"
    interval = "-" if saturation["interval"] is None else "{:.1f}–{:.1f}".format(*saturation["interval"])
    error = "" if located.error is None else f"{located.error:+.0%}"
    added = " ".join(f"{step['users']}{step['purpose'][:3]}" for step in steps if step["purpose"] != "ladder")
    return (
        f"{located.known.name:20}{located.known.users:7.1f}{found:>8}{error:>6}  {interval:12}"
        f"{located.wall_s:5.0f} s{located.verdict['run']['duration_s']:5.0f} s  "
        f"{saturation['status']:12} {added or '-'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=[known.name for known in KNOWN])
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--auto", action="store_true", help="with --steps auto")
    parser.add_argument("--out", type=Path, default=Path("runs", "located"))
    given = parser.parse_args()
    stamp = time.strftime("%H%M%S")
    print(
        f"{'':20}{'truth':>7}{'found':>8}{'':>6}  {'95 %':12}{'wall':>7}{'run':>7}  {'':12} added steps",
        flush=True,
    )
    located = []
    for number in range(given.repeat):
        for known in KNOWN:
            if given.only and known.name not in given.only:
                continue
            out = given.out / f"{known.name}-{stamp}-{number}"
            located.append(run(known, out, ["--steps", "auto"] if given.auto else []))
            print(describe(located[-1]), flush=True)
    near, walls = sum(one.is_near for one in located), [one.wall_s for one in located]
    print(
        f"within 10 %: {near} of {len(located)}; median wall time {statistics.median(walls):.0f} s; {GOALS}"
    )


if __name__ == "__main__":
    main()

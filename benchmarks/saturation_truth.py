"""How true the saturation point is: simulated systems whose answer is known, and any file of such cases.

    python benchmarks/saturation_truth.py                       600 systems, 10 s a step
    python benchmarks/saturation_truth.py --hold 5 --hold 30    the same systems, other holds
    python benchmarks/saturation_truth.py --seed 7 --count 200
    python benchmarks/saturation_truth.py --file cases.json.gz  {"cases": [{"status", "users", "kind", "steps"}]}

A case counts as saturated when its largest step brings at most 80 % of perfect scaling in the long run, as not reached
from 95 % on; those between are not scored.  Seeds are fixed: equal input prints equal numbers.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from closed_systems import LADDERS, draw_system, long_run_efficiency, simulate_step

from reports.measured_steps import read_measured_steps
from reports.saturation import find_saturation_point
from reports.verdict import Saturation

SEED, COUNT, HOLD_S = 20_261, 600, 10.0
SATURATED, NOT_REACHED = 0.8, 0.95
GOALS = (
    "goals: within 10 % of 85 %, within 25 % of 95 %, no false alarm, at most 20 % undecided, covered 90 %"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One system with its true answer and what the estimator said."""

    kind: str
    ladder: str
    status: str  # saturated or not_reached
    users: float | None
    found: Saturation

    @property
    def is_flagged(self) -> bool:
        return self.found.status.startswith("saturated")

    @property
    def error(self) -> float:
        """Relative distance from the truth, of a flagged one."""
        assert self.found.users and self.users
        return abs(self.found.users / self.users - 1)

    @property
    def is_covered(self) -> bool:
        assert self.found.interval and self.users
        low, high = self.found.interval
        return low * 0.9999 <= self.users <= high * 1.0001  # the edge at one user is exact


def simulate_cases(seed: int, count: int, hold_s: float) -> Iterator[Case]:
    """Systems drawn at random, each with one of the ladders."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        system = draw_system(rng)
        ladder = LADDERS[int(rng.integers(len(LADDERS)))]
        steps = [
            {"users": n, "hold_s": hold_s, "samples": simulate_step(system, n, hold_s, rng)} for n in ladder
        ]
        efficiency = long_run_efficiency(system, ladder[-1])
        if efficiency <= SATURATED or efficiency >= NOT_REACHED:
            status = "saturated" if efficiency <= SATURATED else "not_reached"
            yield judge(kind=system.kind, status=status, users=system.users, steps=steps)


def read_cases(path: Path) -> Iterator[Case]:
    """Cases of a file; those that are neither saturated nor not reached are left out."""
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    for case in json.loads(text)["cases"]:
        if case["status"] in ("saturated", "not_reached"):
            yield judge(kind=case["kind"], status=case["status"], users=case["users"], steps=case["steps"])


def judge(*, kind: str, status: str, users: float | None, steps: Sequence[Any]) -> Case:
    problems: list[str] = []
    summaries = read_measured_steps([dict(step, samples=_plain(step["samples"])) for step in steps], problems)
    if problems:
        raise SystemExit("\n".join(problems))
    ladder = ",".join(str(step["users"]) for step in steps)
    return Case(kind=kind, ladder=ladder, status=status, users=users, found=find_saturation_point(summaries))


def _plain(samples: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [list(row) for row in samples]


def print_table(title: str, cases: Sequence[Case]) -> None:
    """One line for all, one for each kind, one for each ladder."""
    columns = (
        "",
        "cases",
        "flagged",
        "<=10 %",
        "<=25 %",
        "covered",
        "median",
        "missed",
        "false",
        "undecided",
    )
    print(f"{title}: {len(cases)} cases")
    print(f"{columns[0]:24}" + "".join(f"{name:>10}" for name in columns[1:]))
    print_line("all", cases)
    for name in ("kind", "ladder"):
        for value in sorted({getattr(case, name) for case in cases}):
            print_line(value, [case for case in cases if getattr(case, name) == value])


def print_line(name: str, cases: Sequence[Case]) -> None:
    truly = [case for case in cases if case.status == "saturated"]
    flagged = [case for case in truly if case.is_flagged and case.found.users]
    errors = np.array([case.error for case in flagged])
    numbers = [
        str(len(cases)),
        str(len(flagged)),
        *(_percent(errors <= limit) for limit in (0.10, 0.25)),
        _percent(np.array([case.is_covered for case in flagged])),
        f"{100 * np.median(errors):.1f} %" if len(errors) else "-",
        str(sum(case.found.status == "not_reached" for case in truly)),
        str(sum(case.is_flagged for case in cases if case.status == "not_reached")),
        _percent(np.array([case.found.status == "undecided" for case in cases])),
    ]
    print(f"{name:24}" + "".join(f"{number:>10}" for number in numbers))


def _percent(hits: np.ndarray) -> str:
    return f"{100 * np.mean(hits):.1f} %" if len(hits) else "-"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--hold", type=float, action="append", help="seconds a step; may be repeated")
    parser.add_argument("--file", type=Path, help="cases to score instead of simulating any")
    options = parser.parse_args(arguments)
    if options.file:
        print_table(options.file.name, list(read_cases(options.file)))
    else:
        for hold_s in options.hold or [HOLD_S]:
            cases = list(simulate_cases(options.seed, options.count, hold_s))
            print_table(f"seed {options.seed}, {hold_s:g} s a step", cases)
    print(GOALS)


if __name__ == "__main__":
    main(sys.argv[1:])

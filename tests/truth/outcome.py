"""One run of a scenario, judged; and all of them as a table.  Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Variant = Literal["broken", "fixed", "healthy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A scenario's chain, run until it came out right, at most twice."""

    scenario: str
    variant: Variant
    planted: str  # a cause, or "healthy"
    found: str  # cause named first, or "none"
    problems: list[str]
    attempts: int
    seconds: float
    users: float | None
    max_throughput_per_s: float | None
    run: str  # directory of the last attempt

    @property
    def is_right(self) -> bool:
        return not self.problems


def write_outcomes(file: Path, outcomes: Sequence[Outcome]) -> None:
    file.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1), encoding="utf-8")


def read_outcomes(file: Path) -> list[Outcome]:
    return [Outcome(**fields) for fields in json.loads(file.read_text(encoding="utf-8"))]


def confusion_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """A Markdown table, a row for each planted cause: how many were named so, and what else was named."""
    lines = ["| planted | chains | right at once | right | named first |", "|---|--:|--:|--:|---|"]
    for planted in sorted({_row_of(outcome) for outcome in outcomes}):
        row = [outcome for outcome in outcomes if _row_of(outcome) == planted]
        named = Counter(outcome.found for outcome in row)
        words = ", ".join(f"{cause} {count}" for cause, count in named.most_common())
        lines.append(f"| {planted} | {_counts(row)} | {words} |")
    return [*lines, f"| **all** | {_counts(outcomes)} | |"]


def _counts(outcomes: Sequence[Outcome]) -> str:
    right = [outcome for outcome in outcomes if outcome.is_right]
    at_once = [outcome for outcome in right if outcome.attempts == 1]
    return f"{len(outcomes)} | {len(at_once)} | {len(right)}"


def run_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """A Markdown table, a row for each run."""
    lines = [
        "| scenario | chain | planted | named first | users | answers/s | runs |",
        "|---|---|---|---|--:|--:|--:|",
    ]
    for one in outcomes:
        found = one.found if one.is_right else f"**{one.found}**"
        users, rate = (f"{n:.1f}" if n is not None else "" for n in (one.users, one.max_throughput_per_s))
        lines.append(
            f"| {one.scenario} | {one.variant} | {one.planted} | {found} | {users} | {rate} | {one.attempts} |"
        )
    return lines


def miss_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """What was wrong, a line for each problem."""
    return [f"- {one.scenario}, {one.variant}: {problem}" for one in outcomes for problem in one.problems]


def _row_of(outcome: Outcome) -> str:
    return f"{outcome.planted}, put right" if outcome.variant == "fixed" else outcome.planted

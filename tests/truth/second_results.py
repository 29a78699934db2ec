"""What came out of the second set of chains: one result a chain, and their counts.  Pure, but for its file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PARTS = {
    "cause": "first cause right (healthy: nothing accused)",
    "place": "function or line right",
    "users": "saturation point within 20 %",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One chain; None where there is nothing to be right about."""

    file: str
    planted: str  # a cause, or "healthy"
    found: str  # cause named first, or "none"
    cause: bool
    place: bool | None = None
    users: bool | None = None
    users_found: float | None = None
    law: float | None = None  # saturation point by the capacity law


def write_results(file: Path, results: Sequence[Result]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(result) for result in results], indent=1), encoding="utf-8")


def read_results(file: Path) -> list[Result]:
    return [Result(**fields) for fields in json.loads(file.read_text(encoding="utf-8"))]


def count_lines(results: Sequence[Result]) -> list[str]:
    """A line a part."""
    lines = []
    for part, words in PARTS.items():
        judged = [right for result in results if (right := getattr(result, part)) is not None]
        lines.append(f"{words}: {sum(judged)} of {len(judged)}")
    healthy = [result for result in results if result.planted == "healthy"]
    return [
        *lines,
        f"healthy chains accused: {sum(not result.cause for result in healthy)} of {len(healthy)}",
    ]


def miss_rows(results: Sequence[Result]) -> Iterator[str]:
    """Markdown rows of what was not right."""
    for result in results:
        wrong = [part for part in PARTS if getattr(result, part) is False]
        if wrong:
            point = "undecided" if result.users_found is None else f"{result.users_found:.1f}"
            users = f"{point} (law {result.law:g})" if result.law is not None else "–"
            yield f"| `{result.file}` | {result.planted} | {result.found} | {users} | {', '.join(wrong)} |"

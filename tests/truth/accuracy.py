"""``python tests/truth/accuracy.py runs/truth/outcomes.json runs/second_set/results.json > docs/accuracy.md``.

The last truth run as a page, and the last run of the second set where its results are given.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from outcome import Outcome, confusion_lines, miss_lines, read_outcomes, run_lines
from second_results import Result, count_lines, miss_rows, read_results

VERSIONS = (
    "chainload",
    "locust",
    "langchain-core",
    "langchain-openai",
    "langgraph",
    "openai",
    "httpx",
    "httpx2",
)
HEAD = """# How often the verdict is right

`pytest -m truth` runs every scenario that ships: the chain as it breaks, the chain put right, and
chains that look guilty and are not.

- A broken chain counts as right when the first finding names the planted cause, at the planted place if there is one,
  and the saturation point lies within 25 % of what the capacity law says where it says one.
- A chain put right, or a healthy one, counts as right when nothing in it is accused. That the framework's own work uses
  the CPU is true of every chain in the end, and accuses nobody.
- A run that does not come out right is made once more, since machines are noisy; both counts are given.

The rules were written with these mechanisms in mind, so this is no estimate for chains that nobody here has seen.
`load_generator_limit` and `unknown` are planted nowhere: the first says that there is no verdict on the chain, the
second that no measurement explains what grew.
"""


def write_page(outcomes: Sequence[Outcome], run: dict[str, Any]) -> str:
    """run: what the verdict of the last run says of itself."""
    environment = run["environment"]
    versions = ", ".join(f"{name} {environment[name]}" for name in VERSIONS if name in environment)
    minutes = sum(outcome.seconds for outcome in outcomes) / 60
    return "\n".join(
        [
            HEAD,
            f"Measured on {run['started'][:10]}, Python {environment['python']}, {environment['cpu_count']} cores, "
            f"{environment['platform'].partition('-')[0]}; {versions}.",
            f"Command: `pytest -m truth -n 2`, {minutes:.0f} minutes of runs, two at a time.",
            "",
            "## Planted and named",
            "",
            *confusion_lines(outcomes),
            "",
            "## Misses",
            "",
            *(list(_misses(outcomes)) or ["None."]),
            "",
            "## Every run",
            "",
            *run_lines(outcomes),
            "",
        ]
    )


SECOND = """## A second set

`python tests/truth/run_second_set.py` runs chains that were written when the rules were there, by somebody who had not
read them, in other styles: LCEL, LangGraph, agents, FastAPI, threads, streams. They are kept apart, in
`tests/truth/second_set`. What went wrong with them has mended rules since, so the first meeting stands first: 66 runs,
on a machine with ten times the work that it could do.

- first cause right: 56 of 66
- healthy chains accused: 2 of 16, both for want of a processor
"""


def write_second(results: Sequence[Result]) -> str:
    """The section on the second set."""
    lines = [f"- {line}" for line in count_lines(results)]
    rows = list(miss_rows(results))
    table = ["| chain | planted | found first | users | not right |", "|---|---|---|---|---|", *rows]
    return "\n".join(
        [
            "",
            SECOND,
            'Now, each run once, by its own steps alone (`--options "--max-seconds 0"`):',
            "",
            *lines,
            "",
            *(table if rows else []),
            "",
        ]
    )


def _misses(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield from miss_lines(outcomes)
    twice = [f"{one.scenario} ({one.variant})" for one in outcomes if one.is_right and one.attempts > 1]
    if twice:
        yield f"- right only when run again: {', '.join(twice)}"


def main(file: Path, second: Path | None) -> None:
    outcomes = read_outcomes(file)
    verdict = json.loads(Path(outcomes[-1].run, "verdict.json").read_text(encoding="utf-8"))
    sys.stdout.write(write_page(outcomes, verdict["run"]))
    if second is not None:
        sys.stdout.write(write_second(read_results(second)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)

"""The sections of docs/accuracy.md, from what the last runs left.

    python tests/truth/accuracy.py [--truth runs/truth/outcomes.json] [--second|--third|--fourth RESULTS]

prints those whose results are given.  RESULTS: of run_second_set.py, for its tables a and b, c, d and e.
"""

from __future__ import annotations

import argparse
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


THIRD = """## A third set

`python tests/truth/run_second_set.py --table c`: 36 more chains by yet another hand, run with the default command on a
machine at a load of 1 to 4. At the first meeting, before they mended anything:

- first cause right (healthy: nothing accused): 34 of 36
- function or line right: 20 of 26
- saturation point within 20 %: 14 of 17, two of the others used the CPU and met a busy one
- healthy chains accused: 1 of 10, of a limit that lay beyond the users that were asked for; such are not tried any more
"""

FOURTH = """## A fourth set

`python tests/truth/run_second_set.py --table [de]`: 36 more chains by two further hands, 11 of them healthy, run
with the default command on a machine at a load of 1. At the first meeting, before they mended anything:

- first cause right (healthy: nothing accused): 33 of 36
- function or line right: 22 of 23
- saturation point within 20 %: 12 of 14
- healthy chains accused: 0 of 11

One wrong cause was stated, a loop without an end where tenacity tried again after refusals; two causes were not found:
an AnyIO stream with one reader, and callback handlers that every request adds.
"""
LATER = {
    "second": (SECOND, 'Now, each run once, by its own steps alone (`--options "--max-seconds 0"`):'),
    "third": (THIRD, "Now, each run once:"),
    "fourth": (FOURTH, "Now, each run once:"),
}


def write_later(intro: str, results: Sequence[Result], how: str) -> str:
    """The section on a set that was written later.  how: it was run this time."""
    lines = [f"- {line}" for line in count_lines(results)]
    rows = list(miss_rows(results))
    table = ["| chain | planted | found first | users | not right |", "|---|---|---|---|---|", *rows]
    return "\n".join(
        [
            "",
            intro,
            how,
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


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("truth", *LATER):
        parser.add_argument(f"--{name}", type=Path)
    files = vars(parser.parse_args())
    if files["truth"] is not None:
        outcomes = read_outcomes(files["truth"])
        verdict = json.loads(Path(outcomes[-1].run, "verdict.json").read_text(encoding="utf-8"))
        sys.stdout.write(write_page(outcomes, verdict["run"]))
    for name, (intro, how) in LATER.items():
        if files[name] is not None:
            sys.stdout.write(write_later(intro, read_results(files[name]), how))


if __name__ == "__main__":
    main()

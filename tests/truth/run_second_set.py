"""``python tests/truth/run_second_set.py [name …]``: drives the second set of chains, prints what is right.

The rules were not written with these chains in mind.  A name is a part of a chain's file name; the chains are run one
after the other, with the command a user types.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from judge import HEALTHY, first_cause, problems_of_clean
from second_results import Result, count_lines, write_results

ROOT = Path(__file__).parents[2]
CHAINS = Path(__file__).parent / "second_set"
RUNS = Path(os.environ.get("CHAINLOAD_SECOND_SET_RUNS", ROOT / "runs" / "second_set"))
LONGEST_RUN_S = 300
USERS_TOLERANCE = 0.2  # of what the capacity law says
Row = Mapping[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="parts of file names; all chains without one")
    parser.add_argument("--table", default="*", help="a, b, c, d or e: of one table only; [de]: of two")
    parser.add_argument(
        "--options", default="", help="added to those of each chain, such as '--max-seconds 0'"
    )
    arguments = parser.parse_args()
    added = shlex.split(arguments.options)
    results = []
    for row in _rows(arguments.table):
        if not arguments.names or any(name in row["file"] for name in arguments.names):
            results.append(_judge_and_print({**row, "options": [*row["options"], *added]}))
            write_results(RUNS / "results.json", results)
    for line in count_lines(results):
        print(line)


def _rows(table: str) -> list[Row]:
    return [
        row for path in sorted(CHAINS.glob(f"expected_{table}.json")) for row in json.loads(path.read_text())
    ]


def _judge_and_print(row: Row) -> Result:
    began = time.monotonic()
    out = RUNS / f"{Path(row['file']).stem}-{time.strftime('%H%M%S')}"
    verdict = _run(row, out)
    if isinstance(verdict, str):
        print(f"BAD {row['file']:26} no verdict: {verdict}", flush=True)
        return Result(file=row["file"], planted=row["cause"], found="no verdict", cause=False)
    judged: dict[str, bool | None] = {
        "cause": is_cause_right(verdict, row),
        "place": is_place_right(verdict, row),
    }
    judged["users"] = are_users_right(verdict, row)
    words = "  ".join(
        f"{part} {'-' if right is None else 'ok' if right else 'BAD'}" for part, right in judged.items()
    )
    mark = "OK " if judged["cause"] else "BAD"
    print(
        f"{mark} {row['file']:26} {row['cause']:25} {words}  {_users_words(verdict, row)}"
        f"  {time.monotonic() - began:.0f} s  {_findings_words(verdict)}  {out}",
        flush=True,
    )
    return Result(
        file=row["file"], planted=row["cause"], found=first_cause(verdict), law=row["users"],
        users_found=verdict["saturation"]["users"], **judged,
    )  # fmt: skip


def _run(row: Row, out: Path) -> dict[str, Any] | str:
    """The verdict, or why there is none."""
    command = [sys.executable, "-m", "harness.cli", "run", f"{row['file']}:{row['object']}", *row["options"]]
    done = subprocess.run(
        [*command, "--json", "--out", str(out)],
        cwd=CHAINS, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=LONGEST_RUN_S,
    )  # fmt: skip
    try:
        verdict: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return f"exit code {done.returncode}, {done.stderr[-600:]}"
    return verdict


def is_cause_right(verdict: dict[str, Any], row: Row) -> bool:
    """Whether the first cause is planted, or as true as that; of a healthy chain: whether nothing is accused."""
    if row["cause"] == HEALTHY:
        return not problems_of_clean(verdict, limits=row["also"])
    return first_cause(verdict) in {row["cause"], *row["also"]}


def is_place_right(verdict: dict[str, Any], row: Row) -> bool | None:
    """Whether the line or the function is right; None where none is planted, or nothing was found."""
    if not (row["code"] or row["functions"]) or not verdict["findings"]:
        return None
    place = verdict["findings"][0]["location"]
    if place is None or Path(place["file"]).name != row["file"]:
        return False
    function = _own_name(place["function"] or "")
    return function in map(_own_name, row["functions"]) or any(
        code in (place["code"] or "") for code in row["code"]
    )


def are_users_right(verdict: dict[str, Any], row: Row) -> bool | None:
    """Whether the saturation point is near what the capacity law says; None where the law says nothing."""
    if row["users"] is None:
        return None
    found = verdict["saturation"]["users"]
    return found is not None and abs(found - row["users"]) <= USERS_TOLERANCE * row["users"]


def _own_name(function: str) -> str:
    return function.rpartition(".")[2]


def _users_words(verdict: dict[str, Any], row: Row) -> str:
    saturation = verdict["saturation"]
    rate = saturation["max_throughput_per_s"]
    found = saturation["status"] if saturation["users"] is None else f"{saturation['users']:.1f} users"
    law = "" if row["users"] is None else f" (law {row['users']:g})"
    return f"{found}{law}" + ("" if rate is None else f", {rate:.1f}/s")


def _findings_words(verdict: dict[str, Any]) -> str:
    return "; ".join(
        f"{finding['cause']} {finding['role']} {finding['confidence']} {finding['share_of_growth'] or 0:.2f}"
        + (f" @{place['function']}:{place['line']}" if (place := finding["location"]) else "")
        for finding in verdict["findings"]
    )


if __name__ == "__main__":
    main()

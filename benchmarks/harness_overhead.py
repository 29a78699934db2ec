"""What driving a chain through chainload costs, against a bare asyncio loop in one process.

    python benchmarks/harness_overhead.py [--users 20,50] [--hold 8] [--rounds 3]

Both drive the same LCEL chain (prompt | ChatOpenAI | StrOutputParser) against the same kind of mock provider, in turn,
round by round; the ratio of good completions a second is printed for each number of users (1 means that the harness
costs nothing).  Only ratios of one run mean something: machines differ and drift.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHAIN = """
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

prompt = ChatPromptTemplate.from_messages([("system", "Answer briefly."), ("human", "{question}")])
chain = prompt | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", default="20,50")
    parser.add_argument("--hold", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bare", help=argparse.SUPPRESS)  # the child that drives the bare loop
    arguments = parser.parse_args()
    users = [int(n) for n in arguments.users.split(",")]
    if arguments.bare:
        print(json.dumps(asyncio.run(drive_bare(arguments.bare, users, arguments.hold))))
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "chain.py").write_text(CHAIN)
        rounds = [
            (run_bare(folder, arguments), run_harness(folder, arguments)) for _ in range(arguments.rounds)
        ]
    print(
        f"{'users':>6} {'bare /s':>10} {'chainload /s':>13} {'ratio':>7}   (medians of {len(rounds)} rounds)"
    )
    for n in users:
        bare = [b[str(n)] for b, _ in rounds]
        ours = [h[str(n)] for _, h in rounds]
        ratio = statistics.median(o / b for o, b in zip(ours, bare, strict=True))
        print(f"{n:>6} {statistics.median(bare):>10.1f} {statistics.median(ours):>13.1f} {ratio:>7.2f}")


def run_harness(folder: str, arguments: argparse.Namespace) -> dict[str, float]:
    """Throughput by users, from verdict.json."""
    command = [sys.executable, "-P", "-m", "harness", "run", "chain.py:chain", "--steps", arguments.users]
    command += ["--hold", f"{arguments.hold}s", "--json", "--input", '{"question": "Why?"}']
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return {str(step["users"]): step["throughput_per_s"] for step in json.loads(result.stdout)["steps"]}


def run_bare(folder: str, arguments: argparse.Namespace) -> dict[str, float]:
    """The same from one process with nothing but the chain; the mock is started and stopped around it."""
    ready = Path(folder, "mock.ready.json")
    ready.unlink(missing_ok=True)
    mock = subprocess.Popen(
        [sys.executable, "-P", "-m", "mock_provider", "--port", "0"],
        env=os.environ | {"CHAINLOAD_READY_FILE": str(ready)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not ready.exists():
            time.sleep(0.05)
        base_url = f"http://127.0.0.1:{json.loads(ready.read_text())['port']}/v1"
        command = [sys.executable, __file__, "--bare", base_url, "--users", arguments.users]
        command += ["--hold", str(arguments.hold)]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    finally:
        mock.terminate()
        mock.wait()
    rates: dict[str, float] = json.loads(result.stdout)
    return rates


async def drive_bare(base_url: str, users: list[int], hold_s: float) -> dict[str, float]:
    os.environ |= {"OPENAI_BASE_URL": base_url, "OPENAI_API_BASE": base_url, "OPENAI_API_KEY": "none"}
    sys.path.insert(0, str(Path.cwd()))
    from chain import chain  # type: ignore[import-not-found]

    rates = {}
    for n in users:
        counts = [0] * n
        start_s = time.monotonic()
        warm_s, end_s = start_s + hold_s / 4, start_s + hold_s

        async def loop(
            index: int, counts: list[int] = counts, warm_s: float = warm_s, end_s: float = end_s
        ) -> None:
            while time.monotonic() < end_s:
                await chain.ainvoke({"question": "Why?"})
                counts[index] += warm_s <= time.monotonic() < end_s

        await asyncio.gather(*(loop(index) for index in range(n)))
        rates[str(n)] = sum(counts) / (end_s - warm_s)
    return rates


if __name__ == "__main__":
    main()

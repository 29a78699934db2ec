"""What the probes cost a chain that does nothing but compute: CPU time per invocation with and without them.

    python benchmarks/probe_overhead.py [--users 20] [--pairs 60] [--invocations 60]

Drives prompt | ChatOpenAI | StrOutputParser against a mock provider that answers at once, all probes in and all probes
out in turn (the order changes from pair to pair), and prints the median ratio of CPU seconds per invocation.  CPU time
and not throughput, because other work on the machine disturbs it less; the garbage collector is off while it is taken,
because one collection weighs more than all probes.  ``--each`` prints the same for each probe alone.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.children import Child
from harness.errors import ProviderError
from harness.run_directory import JsonlWriter
from harness.target.frames import FrameReader
from harness.target.probes import all_probes
from harness.target.probes.probe_set import ProbeSet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--invocations", type=int, default=60)
    parser.add_argument("--each", action="store_true", help="each probe alone, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, mock_provider(Path(folder)) as port:
        os.environ |= {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
            "OPENAI_API_KEY": "chainload-mock-key",
        }
        names = [probe.name for probe in all_probes(FrameReader())] if options.each else []
        for name in ["all", *names]:
            ratios = asyncio.run(measure(Path(folder), options, None if name == "all" else name))
            low, high = quartiles(ratios)
            print(
                f"{name:24} {100 * (statistics.median(ratios) - 1):+6.2f} % CPU per invocation "
                f"(half of {len(ratios)} pairs: {100 * (low - 1):+.1f} … {100 * (high - 1):+.1f} %)",
                flush=True,
            )


@contextmanager
def mock_provider(folder: Path) -> Iterator[int | None]:
    """A provider that answers at once, in a process of its own."""
    command = [sys.executable, "-P", "-m", "mock_provider", "--port", "0", "--set", "latency.mean_s=0.001"]
    mock = Child("mock", command, ready_file=folder / "ready.json", log_file=folder / "mock.log")
    try:
        yield mock.wait_until_ready(30, error=ProviderError).port
    finally:
        mock.stop()


async def measure(folder: Path, options: argparse.Namespace, only: str | None) -> list[float]:
    """For each pair, CPU per invocation with probes over CPU per invocation without."""
    frames = FrameReader()
    probes = [probe for probe in all_probes(frames) if only in (None, probe.name)]
    writer = JsonlWriter(folder / "probes.jsonl")
    probe_set = ProbeSet(writer, probes, frames=frames)
    probe_set.install()
    probe_set.attach_loop()
    chain = make_chain()
    order = random.Random(0)
    ratios = []
    await drive(chain, probe_set, options)
    for _ in range(options.pairs):
        cost = {}
        for on in order.sample([True, False], 2):
            probe_set.switch(on)
            await drive(chain, probe_set, options, share=0.2)
            gc.collect()
            gc.disable()
            cost[on] = await drive(chain, probe_set, options)
            gc.enable()
        ratios.append(cost[True] / cost[False])
    probe_set.uninstall()
    writer.close()
    return ratios


def make_chain() -> Any:
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_openai import ChatOpenAI

    return (
        ChatPromptTemplate.from_template("Say {question}")
        | ChatOpenAI(model="gpt-4o-mini")
        | StrOutputParser()
    )


async def drive(chain: Any, probes: ProbeSet, options: argparse.Namespace, *, share: float = 1.0) -> float:
    """CPU seconds per invocation."""
    left = iter(range(int(options.invocations * share)))

    async def user() -> None:
        for number in left:
            await asyncio.create_task(invoke(chain, probes, number))

    before_s = time.process_time()
    await asyncio.gather(*(user() for _ in range(options.users)))
    return (time.process_time() - before_s) / max(int(options.invocations * share), 1)


async def invoke(chain: Any, probes: ProbeSet, number: int) -> None:
    trace = probes.recorder.begin(f"{number:032x}", 0)
    await chain.ainvoke({"question": str(number)})
    probes.recorder.end(trace)


def quartiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    first, _, third = statistics.quantiles(values, n=4)
    return first, third


if __name__ == "__main__":
    main()

"""What the probes cost a chain that does nothing but compute: CPU time per invocation with and without them.

    python benchmarks/probe_overhead.py [--users 20] [--pairs 40] [--longest 150] [--compute 0] [--each | --null]

Drives prompt | ChatOpenAI | StrOutputParser against a mock provider that answers at once, and with ``--compute`` a step
after it that computes for so many milliseconds, as a CPU-bound chain's own code does.

All probes in and all probes out make a pair of slices, in an order that changes by chance; what probes do only now and
then falls somewhere into them by chance.  CPU time and not throughput, because other work disturbs it less: that of the
process, that of the loop's thread alone, and that of the observer's thread, which its own clock tells exactly.  Other
work still slows ours through the caches and units that processors share: pairs are measured until there are enough
quiet ones or ``--longest`` seconds have gone by, and the quietest are taken.  It never makes us quicker, so the slower
half of the slices is left out on either side.  The figure has its 95 % interval from drawing slices anew, and names
what others used meanwhile.  The garbage collector is off within a slice: one collection weighs more than all probes.

``--each`` prints the same for each probe alone, ``--null`` compares nothing with nothing: what is not 0 there is noise.
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
import timeit
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from harness.children import Child
from harness.errors import ProviderError
from harness.run_directory import JsonlWriter
from harness.target.frames import FrameReader
from harness.target.probes import all_probes
from harness.target.probes.probe_set import ProbeSet

WARM_S = 0.5  # after each switch: the interpreter has to adapt its code to what was put in or taken out
QUIET = 0.15  # processors that other work uses
KEPT_RATIO = 0.5  # of the slices, the quickest
DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Slice:
    """One stretch of load."""

    process_s: float  # CPU, each
    loop_s: float
    observer_s: float
    wall_s: float
    others_s: float  # of processes that have nothing to do with it
    count: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--slice", type=float, default=1.0, help="seconds")
    parser.add_argument("--longest", type=float, default=150.0, help="seconds, for each line that is printed")
    parser.add_argument("--each", action="store_true", help="each probe alone, too")
    parser.add_argument(
        "--compute", type=float, default=0.0, help="milliseconds that the chain's own code computes"
    )
    parser.add_argument("--null", action="store_true", help="no probe at all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, mock_provider(Path(folder)) as mock:
        asyncio.run(compare_all(Path(folder), mock, options))


@contextmanager
def mock_provider(folder: Path) -> Iterator[psutil.Process]:
    """A provider that answers at once, in a process of its own."""
    command = [sys.executable, "-P", "-m", "mock_provider", "--port", "0", "--set", "latency.mean_s=0.001"]
    child = Child("mock", command, ready_file=folder / "ready.json", log_file=folder / "mock.log")
    try:
        port = child.wait_until_ready(30, error=ProviderError).port
        os.environ |= {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
            "OPENAI_API_KEY": "chainload-mock-key",
        }
        yield psutil.Process(child.pid)
    finally:
        child.stop()


async def compare_all(folder: Path, mock: psutil.Process, options: argparse.Namespace) -> None:
    """All on one loop: the chain's client keeps its connections to it."""
    names = [probe.name for probe in all_probes(FrameReader())]
    kept: list[list[str]] = [[]] if options.null else [names]
    load = Load(make_chain(options.compute), mock, options)
    await load.measure(ProbeSet(JsonlWriter(folder / "warm.jsonl"), []))
    gc.freeze()
    for chosen in [*kept, *([name] for name in names if options.each)]:
        on, off = await measure(folder, load, chosen, options)
        label = {0: "nothing", 1: "".join(chosen)}.get(len(chosen), "all")
        print(f"{label:24} {words(on, off)}", flush=True)


async def measure(
    folder: Path, load: Load, chosen: Sequence[str], options: argparse.Namespace
) -> tuple[list[Slice], list[Slice]]:
    """Slices with the probes, and without."""
    frames = FrameReader()
    writer = JsonlWriter(folder / "probes.jsonl")
    probe_set = ProbeSet(writer, [p for p in all_probes(frames) if p.name in chosen], frames=frames)
    order, pairs = random.Random(0), list[dict[bool, Slice]]()
    until_s = time.monotonic() + options.longest
    while time.monotonic() < until_s and sum(others_in(pair) < QUIET for pair in pairs) < options.pairs:
        pair: dict[bool, Slice] = {}
        for on in order.sample([True, False], 2):
            if chosen:
                probe_set.switch(on)
                probe_set.context.observer.spread(order)
            pair[on] = await load.measure(probe_set)
        pairs.append(pair)
    probe_set.uninstall()
    writer.close()
    kept = sorted(pairs, key=others_in)[: options.pairs]
    return [pair[True] for pair in kept], [pair[False] for pair in kept]


def others_in(pair: dict[bool, Slice]) -> float:
    """Processors that other work used."""
    return max(one.others_s / one.wall_s for one in pair.values())


def make_chain(compute_ms: float = 0.0) -> Any:
    """compute_ms: what its own code does with an answer, on the loop; 0: nothing."""
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnableLambda
    from langchain_openai import ChatOpenAI

    chain = (
        ChatPromptTemplate.from_template("Say {question}")
        | ChatOpenAI(model="gpt-4o-mini")
        | StrOutputParser()
    )
    if not compute_ms:
        return chain
    rounds = _count_rounds(compute_ms)

    async def parse(text: str) -> int:
        return _compute(rounds) + len(text)

    return chain | RunnableLambda(parse)


def _count_rounds(compute_ms: float) -> int:
    """Rounds of work, always the same amount in a run, that take about so long."""
    took_s = min(timeit.repeat(lambda: _compute(10_000), number=1, repeat=20))
    return int(10_000 * compute_ms / 1e3 / took_s)


def _compute(rounds: int) -> int:
    total = 0
    for number in range(rounds):
        total ^= number * number
    return total


class Load:
    """Users that call the chain one after the other, on the running loop."""

    def __init__(self, chain: Any, mock: psutil.Process, options: argparse.Namespace) -> None:
        self._chain = chain
        self._mock = mock
        self._users = options.users
        self._slice_s = options.slice

    async def measure(self, probes: ProbeSet) -> Slice:
        await self._drive(probes, WARM_S)
        gc.collect()
        gc.disable()
        before = self._read_clocks(probes)
        count = await self._drive(probes, self._slice_s)
        after = self._read_clocks(probes)
        gc.enable()
        process_s, loop_s, observer_s, wall_s, mock_s, machine_s = (
            b - a for a, b in zip(before, after, strict=True)
        )
        return Slice(process_s, loop_s, observer_s, wall_s, machine_s - mock_s - process_s, count)

    def _read_clocks(self, probes: ProbeSet) -> tuple[float, ...]:
        mock, machine = self._mock.cpu_times(), psutil.cpu_times()
        idle_s = machine.idle + getattr(machine, "iowait", 0.0)
        busy_s = sum(machine) - idle_s - getattr(machine, "guest", 0.0) - getattr(machine, "guest_nice", 0.0)
        return (
            time.process_time(),
            time.thread_time(),
            probes.context.observer.read_cpu_s(),
            time.monotonic(),
            mock.user + mock.system,
            busy_s,
        )

    async def _drive(self, probes: ProbeSet, length_s: float) -> int:
        """Returns how many invocations were answered."""
        until_s, count = time.monotonic() + length_s, 0

        async def user() -> None:
            nonlocal count
            while time.monotonic() < until_s:
                count += 1
                await asyncio.create_task(self._invoke(probes, count))

        await asyncio.gather(*(user() for _ in range(self._users)))
        return count

    async def _invoke(self, probes: ProbeSet, number: int) -> None:
        trace = probes.recorder.begin(f"{number:032x}", 0)
        await self._chain.ainvoke({"question": str(number)})
        probes.recorder.end(trace)


def words(on: Sequence[Slice], off: Sequence[Slice]) -> str:
    process = compare(on, off, lambda one: one.process_s / one.count)
    loop = compare(on, off, lambda one: one.loop_s / one.count)
    others = sum(one.others_s for one in (*on, *off)) / sum(one.wall_s for one in (*on, *off))
    observer = sum(one.observer_s for one in on) / sum(one.process_s for one in on)
    parts = f"CPU {process}; loop's thread {loop}; observer's {100 * observer:.2f} %"
    return f"{parts}  ({len(on)} pairs; others used {max(others, 0.0):.2f} processors)"


def compare(on: Sequence[Slice], off: Sequence[Slice], read: Callable[[Slice], float]) -> str:
    """By how much the former is more, with the 95 % interval."""
    with_s, without_s, draw = [read(one) for one in on], [read(one) for one in off], random.Random(0)
    ratios = sorted(
        mean_of_quickest(draw.choices(with_s, k=len(with_s)))
        / mean_of_quickest(draw.choices(without_s, k=len(without_s)))
        for _ in range(DRAWS)
    )
    middle = mean_of_quickest(with_s) / mean_of_quickest(without_s)
    low, high = ratios[int(0.025 * DRAWS)], ratios[int(0.975 * DRAWS)]
    return f"{100 * (middle - 1):+.2f} % ({100 * (low - 1):+.2f} to {100 * (high - 1):+.2f})"


def mean_of_quickest(values: Sequence[float]) -> float:
    return statistics.mean(sorted(values)[: max(int(KEPT_RATIO * len(values)), 1)])


if __name__ == "__main__":
    main()

"""What the probes add to a chain that does nothing but compute, in instructions: no noise, but no caches either.

    python benchmarks/probe_instructions.py [--invocations 60]

Runs prompt | ChatOpenAI | StrOutputParser under callgrind (Debian: valgrind), one invocation after the other, without
probes, and with them for invocations that are not recorded, are recorded, and are recorded with the steps of the
chain.  Neither the observer's thread nor SIGPROF runs: both go by the clock, which is fifty times slower here; what
they take is a share of CPU that probe_overhead.py prints and docs/probes.md adds.  The last line weighs the three by
the rates of a busy loop.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probe_overhead import make_chain, mock_provider

from harness.run_directory import JsonlWriter
from harness.target.frames import FrameReader
from harness.target.probes import all_probes
from harness.target.probes.probe_set import ProbeSet
from harness.target.probes.recorder import BUSY_STEPS_PER_S, BUSY_TRACES_PER_S

WARM = 150  # invocations, so that the interpreter has adapted its code
ANSWERS_PER_S = 300  # of a loop that only drives such a chain
MODES = {"without": None, "unrecorded": (0.0, 0.0), "recorded": (1.0, 0.0), "with steps": (1.0, 1.0)}


def main() -> int:
    """Start itself under callgrind, then read what that counted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--invocations", type=int, default=60)
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inner:
        with tempfile.TemporaryDirectory() as name, mock_provider(Path(name)):
            asyncio.run(count_all(Path(name), options.invocations))
        return 0
    if shutil.which("valgrind") is None:
        print("valgrind is not installed; it is in Debian's packages: apt install valgrind", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        tool = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={name}/counts"]
        inner = [sys.executable, __file__, "--inner", "--invocations", str(options.invocations)]
        done = subprocess.run([*tool, *inner], capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr[-2000:], file=sys.stderr)
            return done.returncode
        show(read_counts(Path(name)), options.invocations)
    return 0


# ---- under callgrind


async def count_all(folder: Path, count: int) -> None:
    """A dump of the counter for each mode."""
    frames = FrameReader()
    probe_set = ProbeSet(JsonlWriter(folder / "probes.jsonl"), all_probes(frames), frames=frames)
    probe_set.context.observer.every = _never  # type: ignore[method-assign]
    signal.setitimer = _never
    chain = make_chain()
    for mode, shares in MODES.items():
        if shares is not None and not probe_set.is_on:
            probe_set.switch(True)
        probe_set.recorder._shares.take = _always(shares or (0.0, 0.0))  # type: ignore[method-assign]
        await drive(chain, probe_set, WARM)
        probe_set.recorder.write()
        gc.collect()
        gc.disable()
        with counting(mode):
            await drive(chain, probe_set, count)
        gc.enable()
    probe_set.uninstall()


async def drive(chain: Any, probe_set: ProbeSet, count: int) -> None:
    async def invoke(number: int) -> None:
        trace = probe_set.recorder.begin(f"{number:032x}", 0)
        await chain.ainvoke({"question": str(number)})
        probe_set.recorder.end(trace)

    for number in range(count):
        await asyncio.create_task(invoke(number))


@contextmanager
def counting(mode: str) -> Iterator[None]:
    """Instructions in here are dumped under this name."""
    _control("--instr=on")
    _control("--zero")
    yield
    _control(f"--dump={mode.replace(' ', '-')}")
    _control("--instr=off")


def _control(command: str) -> None:
    subprocess.run(["callgrind_control", command, str(os.getpid())], capture_output=True, check=True)


def _never(*arguments: Any, **more: Any) -> None:
    return None


def _always(shares: tuple[float, float]) -> Callable[..., tuple[float, float]]:
    return lambda now_s, *, is_busy=False: shares


# ---- afterwards


def read_counts(folder: Path) -> dict[str, int]:
    """Instructions by mode."""
    counts = {}
    for file in folder.glob("counts.*"):
        text = file.read_text(errors="replace")
        name, total = re.search(r"dump (\S+)", text), re.search(r"^summary: (\d+)", text, re.MULTILINE)
        if name and total:
            counts[name.group(1).replace("-", " ")] = int(total.group(1))
    return counts


def show(counts: dict[str, int], invocations: int) -> None:
    bare = counts["without"]
    added = {mode: counts[mode] / bare - 1 for mode in MODES if mode != "without"}
    print(f"without probes    {bare / invocations / 1e6:6.2f} million instructions an invocation")
    for mode, ratio in added.items():
        print(f"{mode:<17} {100 * ratio:+6.2f} %")
    steps, traces = BUSY_STEPS_PER_S / ANSWERS_PER_S, (BUSY_TRACES_PER_S - BUSY_STEPS_PER_S) / ANSWERS_PER_S
    weighed = (
        (1 - steps - traces) * added["unrecorded"] + traces * added["recorded"] + steps * added["with steps"]
    )
    print(
        f"at {ANSWERS_PER_S} a second  {100 * weighed:+6.2f} %, the observer's thread and SIGPROF not included"
    )


if __name__ == "__main__":
    sys.exit(main())

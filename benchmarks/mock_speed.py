"""How fast the mock provider is, against the fastest server Python allows, in the same run.

    python benchmarks/mock_speed.py [--seconds 3] [--rounds 5]

The mock answers with ledger, limits and all headers on; what ledger and limits cost is measured as well.  Mock and
reference (mock_reference.py) take turns.  Shown are medians of the rounds, of CPU times the least: whatever else the
machine does only adds to them.  Ratios hold on any machine, absolute figures do not.  Needs wrk (Debian: wrk).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mock_clients import BODY
from mock_reference import DELAY_S, FIRST_S, GAP_S, TOKENS

LIMITS = ["limits.requests_per_minute=1000000000", "limits.tokens_per_minute=1000000000"]
FULL = [*LIMITS, f"reply.reply_tokens={TOKENS}"]
AT_ONCE = [*FULL, "latency.mean_s=0"]
HERE = Path(__file__).parent
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
Wrk = tuple[float, float, float]  # requests per second, 50th and 99th percentile of latency in seconds


def main() -> int:
    """Measure everything, print it as a table, one line a figure with its goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is not installed; it is in Debian's packages: apt install wrk", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("plain", "stream"):
            compare(folder, kind, seconds=options.seconds, rounds=options.rounds)
        measure_parts(folder, seconds=options.seconds, rounds=options.rounds)
        measure_delay(folder, seconds=options.seconds, rounds=options.rounds)
        for streams in (200, 1000):
            measure_streams(folder, streams, rounds=options.rounds)
        measure_memory(folder, seconds=options.seconds)
        measure_hung(folder)
    return 0


def show(name: str, value: str, goal: str = "") -> None:
    print(f"{name:<50} {value:>14}  {goal}", flush=True)


# ---- servers


@contextlib.contextmanager
def start(arguments: list[str]) -> Iterator[tuple[int, int]]:
    """A server process: its port, from the first line it prints, and its id."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found is not None
        yield int(found.group(1)), process.pid
    finally:
        process.terminate()
        process.wait(10)


def start_mock(
    folder: Path, *settings: str, ledger: bool = True
) -> contextlib.AbstractContextManager[tuple[int, int]]:
    arguments = [part for setting in settings for part in ("--set", setting)]
    if ledger:
        arguments += ["--ledger", str(folder / "ledger.jsonl")]
    return start(["-m", "mock_provider", *arguments])


def start_reference(kind: str) -> contextlib.AbstractContextManager[tuple[int, int]]:
    return start([str(HERE / "mock_reference.py"), kind])


def cpu_s(pid: int) -> float:
    """CPU seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def memory_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# ---- load


def wrk(
    folder: Path, port: int, *, connections: int, seconds: int, stream: bool = False, distinct: bool = False
) -> Wrk:
    """Run wrk; distinct: no two requests are equal."""
    body = json.dumps(BODY | ({"stream": True} if stream else {}))
    script = folder / "request.lua"
    script.write_text(
        f"wrk.method = 'POST'\nwrk.body = '{body}'\nwrk.headers['content-type'] = 'application/json'\n"
        "wrk.headers['authorization'] = 'Bearer key'\n"
        + ("count = 0\nbody = wrk.body\n" + _DISTINCT if distinct else "")
    )
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", str(script), url]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in printed or "Socket errors" in printed:
        raise RuntimeError(printed)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    assert rate is not None
    return float(rate.group(1)), _read_latency(printed, "50%"), _read_latency(printed, "99%")


_DISTINCT = """
function request()
  count = count + 1
  return wrk.format(nil, nil, nil, (body:gsub("something", "something " .. count)))
end
"""


def _read_latency(printed: str, name: str) -> float:
    found = re.search(rf"{name}\s+([\d.]+)(us|ms|s)", printed)
    assert found is not None
    return float(found.group(1)) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[found.group(2)]


def cost_of(
    folder: Path, server: tuple[int, int], *, seconds: int, stream: bool = False, distinct: bool = False
) -> tuple[float, float]:
    """Answers per second at 64 connections, and CPU seconds for each."""
    port, pid = server
    before_s = cpu_s(pid)
    rate, _, _ = wrk(folder, port, connections=64, seconds=seconds, stream=stream, distinct=distinct)
    return rate, (cpu_s(pid) - before_s) / (rate * seconds)


# ---- measurements


def compare(folder: Path, kind: str, *, seconds: int, rounds: int) -> None:
    """Mock and reference in turn, so that both meet the same noise."""
    stream = kind == "stream"
    with start_reference(kind) as reference, start_mock(folder, *AT_ONCE) as mock:
        limits, mocks = [], []
        for _ in range(rounds):
            limits.append(cost_of(folder, reference, seconds=seconds, stream=stream))
            mocks.append(cost_of(folder, mock, seconds=seconds, stream=stream))
    pairs = list(zip(mocks, limits, strict=True))
    ratio = statistics.median(mock[0] / limit[0] for mock, limit in pairs)
    cost, limit_cost = (min(cost for _, cost in rows) for rows in (mocks, limits))
    show(f"{kind}, 64 connections: answers per second", f"{statistics.median(r for r, _ in mocks):.0f}")
    show(f"{kind}: ratio to the reference", f"{ratio:.2f}", "at least 0.35")
    show(f"{kind}: the same by CPU time", f"{limit_cost / cost:.2f}")
    show(f"{kind}: CPU per answer of the reference", f"{limit_cost * 1e6:.1f} us")
    if stream:
        show("stream: CPU per token, all at once", f"{cost / TOKENS * 1e6:.1f} us", "at most 10 us")
    else:
        show("plain: CPU per request", f"{cost * 1e6:.1f} us", "at most 30 us")


def measure_parts(folder: Path, *, seconds: int, rounds: int) -> None:
    """What ledger and limits cost, and requests of which no two are equal."""
    bare = [f"reply.reply_tokens={TOKENS}", "latency.mean_s=0"]
    costs: list[list[float]] = [[], [], []]
    with (
        start_mock(folder, *AT_ONCE, ledger=False) as unwritten,
        start_mock(folder, *bare, ledger=False) as unlimited,
        start_mock(folder, *AT_ONCE) as full,
    ):
        for _ in range(rounds):
            costs[0].append(cost_of(folder, unwritten, seconds=seconds)[1])
            costs[1].append(cost_of(folder, unlimited, seconds=seconds)[1])
            costs[2].append(cost_of(folder, full, seconds=seconds, distinct=True)[1])
    names = ("no ledger file", "neither ledger file nor limits", "no two equal")
    for name, measured in zip(names, costs, strict=True):
        show(f"plain, {name}: CPU per request", f"{min(measured) * 1e6:.1f} us")


def measure_delay(folder: Path, *, seconds: int, rounds: int) -> None:
    """How much later than asked an answer comes, of the mock and of a bare server that does nothing else."""
    rows: dict[str, list[tuple[Wrk, float]]] = {"the reference": [], "the mock": []}
    with (
        start_mock(folder, *FULL, f"latency.mean_s={DELAY_S}") as mock,
        start_reference("delayed") as reference,
    ):
        for _ in range(rounds):
            for name, (port, pid) in (("the reference", reference), ("the mock", mock)):
                before_s = cpu_s(pid)
                measured = wrk(folder, port, connections=200, seconds=seconds)
                rows[name].append((measured, (cpu_s(pid) - before_s) / (measured[0] * seconds)))
    for name, measured_rows in rows.items():
        goals = ("at most 2 ms", "at most 20 ms", "at most 30 us") if name == "the mock" else ("", "", "")
        for place, quantile in ((1, "p50"), (2, "p99")):
            late_ms = (statistics.median(row[place] for row, _ in measured_rows) - DELAY_S) * 1e3
            show(f"100 ms of {name}: {quantile} later by", f"{late_ms:.1f} ms", goals[place - 1])
        show(
            f"100 ms of {name}: CPU per request", f"{min(c for _, c in measured_rows) * 1e6:.1f} us", goals[2]
        )


def measure_streams(folder: Path, streams: int, *, rounds: int) -> None:
    """Whether many paced streams keep their pace, of the mock and of a bare server that does nothing else."""
    settings = (*FULL, f"latency.mean_s={FIRST_S}", f"latency.per_token_s={GAP_S}")
    rows: dict[str, list[tuple[float, float, float]]] = {"the mock": [], "the reference": []}
    with start_mock(folder, *settings) as mock, start_reference("paced") as reference:
        for _ in range(rounds):
            rows["the reference"].append(take_streams(reference, streams))
            rows["the mock"].append(take_streams(mock, streams))
    for name, measured in rows.items():
        p50, p99 = (statistics.median(row[place] for row in measured) for place in (0, 1))
        cost = min(cost for _, _, cost in measured)
        goals = ("at most 2 %", "at most 10 us") if name == "the mock" else ("", "")
        show(f"{streams} paced streams of {name}: drift p50", f"{p50 * 100:.2f} %", goals[0])
        show(f"{streams} paced streams of {name}: drift p99", f"{p99 * 100:.2f} %")
        show(f"{streams} paced streams of {name}: CPU per token", f"{cost * 1e6:.1f} us", goals[1])


def take_streams(server: tuple[int, int], streams: int) -> tuple[float, float, float]:
    """Median and 99th percentile of the drift, and CPU seconds of the server for a token."""
    port, pid = server
    before_s = cpu_s(pid)
    command = [sys.executable, str(HERE / "mock_clients.py"), "streams", str(port), str(streams)]
    durations = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    cost = (cpu_s(pid) - before_s) / (streams * TOKENS)
    ideal_s = FIRST_S + (TOKENS - 1) * GAP_S
    ranked = sorted(duration / ideal_s - 1 for duration in durations)
    return ranked[len(ranked) // 2], ranked[int(len(ranked) * 0.99)], cost


def measure_memory(folder: Path, *, seconds: int, requests: int = 200_000) -> None:
    """Memory does not grow with what has been answered: the ledger is written out."""
    with start_mock(folder, *AT_ONCE) as (port, pid):
        wrk(folder, port, connections=64, seconds=seconds)
        before, done = memory_bytes(pid), 0.0
        while done < requests:
            done += wrk(folder, port, connections=64, seconds=seconds)[0] * seconds
        show(f"{done:.0f} requests: growth", f"{(memory_bytes(pid) - before) / 1024:.0f} KiB", "about 0")


def measure_hung(folder: Path, *, connections: int = 5000) -> None:
    """Memory with many requests that are never answered."""
    with start_mock(folder, 'faults=[{kind="hang"}]') as (port, pid):
        before = memory_bytes(pid)
        command = [sys.executable, str(HERE / "mock_clients.py"), "hold", str(port), str(connections)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            client.stdout.readline()
            time.sleep(1)
            held = memory_bytes(pid)
            time.sleep(3)
            later = memory_bytes(pid)
            client.communicate("\n")
    show(f"{connections} hung connections: memory each", f"{(held - before) / connections / 1024:.1f} KiB")
    show(f"{connections} hung connections: growth in 3 s", f"{(later - held) / 1024:.0f} KiB", "about 0")


if __name__ == "__main__":
    sys.exit(main())

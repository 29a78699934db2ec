"""How fast the mock provider is, against the fastest server Python allows, in the same run.

    python benchmarks/mock_speed.py [--seconds 5] [--rounds 3]

The reference answers fixed bytes from asyncio.Protocol with uvloop, httptools and a parsed JSON body.  The mock answers
with ledger, limits and all headers on.  Ratios hold on any machine, absolute figures do not.  Needs wrk (Debian: wrk).
"""

from __future__ import annotations

import argparse
import asyncio
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

import httptools
import msgspec

from mock_provider.process import find_loop_factory

TOKENS = 50
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say something about load, please."}]}
FULL = [
    "limits.requests_per_minute=1000000000",
    "limits.tokens_per_minute=1000000000",
    f"reply.reply_tokens={TOKENS}",
]
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure everything, print it as a table, one line a figure with its goal."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve-reference", choices=["plain", "stream"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve_reference:
        with (
            contextlib.suppress(KeyboardInterrupt),
            asyncio.Runner(loop_factory=find_loop_factory()) as runner,
        ):
            runner.run(serve_reference(stream=options.serve_reference == "stream"))
        return 0
    if shutil.which("wrk") is None:
        print("wrk is not installed; it is in Debian's packages: apt install wrk", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compare(folder, stream=False, seconds=options.seconds, rounds=options.rounds)
        compare(folder, stream=True, seconds=options.seconds, rounds=options.rounds)
        measure_delay(folder, seconds=options.seconds)
        measure_streams(folder)
        measure_hung(folder)
    return 0


def show(name: str, value: str, goal: str = "") -> None:
    print(f"{name:<46} {value:>14}  {goal}", flush=True)


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


def start_mock(folder: Path, *settings: str) -> contextlib.AbstractContextManager[tuple[int, int]]:
    arguments = [part for setting in settings for part in ("--set", setting)]
    return start(["-m", "mock_provider", "--ledger", str(folder / "ledger.jsonl"), *arguments])


def cpu_s(pid: int) -> float:
    """CPU seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def memory_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def serve_reference(*, stream: bool) -> None:
    """Fixed bytes in one write, a stream as well: one write an event would cost it far more than it costs the mock."""
    event = b"data: " + b"x" * 240 + b"\n\n"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    chunks = [head, *[b"%x\r\n%b\r\n" % (len(event), event)] * (TOKENS + 3), b"0\r\n\r\n"]
    body = b"x" * 750
    plain = [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 750\r\n\r\n" + body]
    answer = b"".join(chunks if stream else plain)

    class Reference(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport
            self.parser = httptools.HttpRequestParser(self)

        def data_received(self, data: bytes) -> None:
            self.parser.feed_data(data)

        def on_body(self, data: bytes) -> None:
            msgspec.json.decode(data)

        def on_message_complete(self) -> None:
            self.transport.write(answer)  # type: ignore[attr-defined]

    server = await asyncio.get_running_loop().create_server(Reference, "127.0.0.1", 0)
    print(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


# ---- load


def wrk(
    folder: Path, port: int, *, connections: int, seconds: float, stream: bool
) -> tuple[float, float, float]:
    """Requests per second, and the 50th and 99th percentile of latency in seconds."""
    body = json.dumps(BODY | ({"stream": True} if stream else {}))
    script = folder / "request.lua"
    script.write_text(
        f"wrk.method = 'POST'\nwrk.body = '{body}'\nwrk.headers['content-type'] = 'application/json'\n"
        "wrk.headers['authorization'] = 'Bearer key'\n"
    )
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "-s", str(script), url]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in printed or "Socket errors" in printed:
        raise RuntimeError(printed)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    assert rate is not None
    return float(rate.group(1)), _read_latency(printed, "50%"), _read_latency(printed, "99%")


def _read_latency(printed: str, name: str) -> float:
    found = re.search(rf"{name}\s+([\d.]+)(us|ms|s)", printed)
    assert found is not None
    return float(found.group(1)) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[found.group(2)]


def compare(folder: Path, *, stream: bool, seconds: float, rounds: int) -> None:
    """Mock and reference in turn, so that both meet the same noise."""
    kind = "stream" if stream else "plain"
    ratios, rates, costs = [], [], []
    servers = start([__file__, "--serve-reference", kind]), start_mock(folder, *FULL, "latency.mean_s=0")
    with servers[0] as (reference, _), servers[1] as (mock, pid):
        for _ in range(rounds):
            limit, _, _ = wrk(folder, reference, connections=64, seconds=seconds, stream=stream)
            before_s = cpu_s(pid)
            started_s = time.monotonic()
            rate, _, _ = wrk(folder, mock, connections=64, seconds=seconds, stream=stream)
            costs.append((cpu_s(pid) - before_s) / (rate * (time.monotonic() - started_s)))
            rates.append(rate)
            ratios.append(rate / limit)
    cost = statistics.median(costs)
    show(f"{kind}, 64 connections: answers per second", f"{statistics.median(rates):.0f}")
    show(f"{kind}: ratio to the reference", f"{statistics.median(ratios):.2f}", "at least 0.35")
    if stream:
        show("stream: CPU per token, all at once", f"{cost / TOKENS * 1e6:.1f} us", "at most 10 us")
    else:
        show("plain: CPU per request", f"{cost * 1e6:.1f} us", "at most 30 us")


def measure_delay(folder: Path, *, seconds: float) -> None:
    """How much later than asked an answer comes."""
    with start_mock(folder, *FULL, "latency.mean_s=0.1") as (port, pid):
        wrk(folder, port, connections=200, seconds=1, stream=False)
        before_s = cpu_s(pid)
        rate, p50_s, p99_s = wrk(folder, port, connections=200, seconds=seconds, stream=False)
        cost = (cpu_s(pid) - before_s) / (rate * seconds)
    show("100 ms, 200 connections: p50 later by", f"{(p50_s - 0.1) * 1e3:.1f} ms", "at most 2 ms")
    show("100 ms, 200 connections: p99 later by", f"{(p99_s - 0.1) * 1e3:.1f} ms", "at most 20 ms")
    show("100 ms, 200 connections: CPU per request", f"{cost * 1e6:.1f} us", "at most 30 us")


def measure_streams(folder: Path, *, streams: int = 1000, gap_s: float = 0.02) -> None:
    """Whether many paced streams keep their pace."""
    with start_mock(folder, *FULL, "latency.mean_s=0.2", f"latency.per_token_s={gap_s}") as (port, pid):
        before_s = cpu_s(pid)
        with asyncio.Runner(loop_factory=find_loop_factory()) as runner:
            durations = runner.run(take_streams(port, streams))
        cost = (cpu_s(pid) - before_s) / (streams * TOKENS)
    ideal_s = 0.2 + (TOKENS - 1) * gap_s
    ranked = sorted(duration / ideal_s - 1 for duration in durations)
    show(f"{streams} paced streams: drift p50", f"{ranked[len(ranked) // 2] * 100:.2f} %", "at most 2 %")
    show(f"{streams} paced streams: drift p99", f"{ranked[int(len(ranked) * 0.99)] * 100:.2f} %")
    show(f"{streams} paced streams: CPU per token", f"{cost * 1e6:.1f} us", "at most 10 us")


class Stream(asyncio.Protocol):
    """Takes one stream and does nothing else, so that what is measured is the server."""

    def __init__(self, request: bytes) -> None:
        self.duration_s = asyncio.get_running_loop().create_future()
        self._request = request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._started_s = time.monotonic()
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"0\r\n\r\n"):
            self.duration_s.set_result(time.monotonic() - self._started_s)


async def take_streams(port: int, count: int) -> list[float]:
    """Durations of so many streams, begun within a second."""
    body = json.dumps(BODY | {"stream": True}).encode()
    request = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )
    loop = asyncio.get_running_loop()

    async def take(index: int) -> float:
        await asyncio.sleep(index / count)
        transport, stream = await loop.create_connection(lambda: Stream(request), "127.0.0.1", port)
        duration_s: float = await stream.duration_s
        transport.close()
        return duration_s

    return await asyncio.gather(*(take(index) for index in range(count)))


def measure_hung(folder: Path, *, connections: int = 5000) -> None:
    """Memory with many requests that are never answered."""
    with start_mock(folder, 'faults=[{kind="hang"}]') as (port, pid):
        before = memory_bytes(pid)
        held, later = asyncio.run(hold(port, pid, connections))
    show(f"{connections} hung connections: memory each", f"{(held - before) / connections / 1024:.1f} KiB")
    show(f"{connections} hung connections: growth in 3 s", f"{(later - held) / 1024:.0f} KiB", "about 0")


async def hold(port: int, pid: int, count: int) -> tuple[int, int]:
    """Memory of the server when all hang, and 3 s later."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    body = json.dumps(BODY).encode()
    request = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        writers.append(writer)
    await asyncio.sleep(1)
    held = memory_bytes(pid)
    await asyncio.sleep(3)
    later = memory_bytes(pid)
    for writer in writers:
        writer.transport.abort()
    return held, later


if __name__ == "__main__":
    sys.exit(main())

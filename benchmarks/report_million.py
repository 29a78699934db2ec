"""How long the report of a million requests takes, and how much memory.

    python benchmarks/report_million.py [--samples 1000000] [--folder DIR] [--profile]

Writes a run directory of a queue that saturates at 20 users: a sample, an invocation and a provider call for every
request, probes as a run of that length writes them.  Then a fresh process builds the report from it.  Goals: 10 s,
1 GB (peak of the resident memory), a page under 1 MB.  --folder keeps the run directory for the next time.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import pstats
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from harness.probe_records import Gauge, LoopActivity, ProbeRecord, ProcessReading, Site, Span, Trace
from harness.records import Event, Frame, GeneratorHealth, Invocation, Sample
from harness.run_directory import RunDirectory, RunInfo
from harness.settings import RunSettings
from mock_provider.records import Attempt

USERS = (1, 5, 10, 20, 50, 100, 200)
SERVICE_S, SLOTS = 0.1, 20
TRACES_PER_S = 50
GOAL_S, GOAL_BYTES, GOAL_PAGE_BYTES = 10.0, 1_000_000_000, 1_000_000


def main() -> int:
    """Make the run where there is none, report on it in a fresh process, print what that took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="keep the run directory here")
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.report is not None:
        measure(options.report, is_profiled=options.profile)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name) / "run"
        if not (folder / "run.json").exists():
            make_run(folder, options.samples)
        command = [
            sys.executable,
            __file__,
            "--report",
            str(folder),
            *(["--profile"] if options.profile else []),
        ]
        return subprocess.run(command, check=False).returncode


def measure(folder: Path, *, is_profiled: bool) -> None:
    """Build the report and print figures beside their goals."""
    from reports.render import write_report

    profile = cProfile.Profile()
    begun_s, cpu_s = time.perf_counter(), time.process_time()
    if is_profiled:
        analysis = profile.runcall(write_report, RunDirectory.open(folder))
    else:
        analysis = write_report(RunDirectory.open(folder))
    took_s, cpu_s = time.perf_counter() - begun_s, time.process_time() - cpu_s
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    page_bytes = (folder / "report.html").stat().st_size
    count = sum(len(step.samples) for step in analysis.dataset.steps)
    print(
        f"{count:,} samples: {analysis.verdict.saturation.status}, {analysis.verdict.saturation.users} users"
    )
    print(f"report      {took_s:8.1f} s    goal {GOAL_S:g} s    ({cpu_s:.1f} s of CPU)")
    print(f"memory      {peak_bytes / 1e6:8.0f} MB   goal {GOAL_BYTES / 1e6:,.0f} MB")
    print(f"page        {page_bytes / 1e3:8.0f} kB   goal {GOAL_PAGE_BYTES / 1e3:,.0f} kB")
    if is_profiled:
        text = io.StringIO()
        pstats.Stats(profile, stream=text).sort_stats("cumulative").print_stats(45)
        print(text.getvalue())


# ---- the run ----


class Stream:
    """One file of the run, written fast."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=1 << 20)
        self._encode = msgspec.json.Encoder().encode

    def write(self, record: Any) -> None:
        self._file.write(self._encode(record) + b"\n")

    def close(self) -> None:
        self._file.close()


@dataclass(kw_only=True)
class Streams:
    folder: Path
    rng: random.Random = field(default_factory=lambda: random.Random(0))

    def __post_init__(self) -> None:
        names = ("samples", "invocations", "provider", "probes", "events", "generator")
        self.files = {name: Stream(self.folder / f"{name}.jsonl") for name in names}

    def write(self, name: str, record: Any) -> None:
        self.files[name].write(record)

    def close(self) -> None:
        for file in self.files.values():
            file.close()


def make_run(folder: Path, sample_count: int) -> None:
    """Every step gets the same number of requests."""
    run = RunDirectory.create(folder)
    settings = RunSettings(name="million", target="app/chain.py:chain", steps=USERS)
    run.write_info(RunInfo(settings=settings, started_wall="2026-01-01T00:00:00Z", started_s=0.0))
    streams = Streams(folder=folder)
    frame = Frame(file="app/chain.py", line=42, function="answer", code="async with slots:", is_user=True)
    streams.write("probes", Site(id=1, stack=[frame]))
    streams.write("events", Event(at_s=0.0, kind="run_started"))
    at_s = 1.0
    for index, users in enumerate(USERS):
        at_s = write_step(streams, index, users, at_s, sample_count // len(USERS)) + 1.0
    streams.write("events", Event(at_s=at_s, kind="run_ended", data={"completed": True}))
    streams.close()


def write_step(streams: Streams, index: int, users: int, start_s: float, count: int) -> float:
    """Requests in the order they end in, as a run writes them; returns when the step ended."""
    per_s = min(users, SLOTS) / SERVICE_S
    response_s = max(SERVICE_S, users / per_s)
    hold_s = count / per_s
    end_s = start_s + hold_s
    streams.write("events", Event(at_s=start_s, kind="step_started", step=index, users=users))
    traced = set(streams.rng.sample(range(count), min(count, round(TRACES_PER_S * hold_s))))
    for number in range(count):
        done_s = start_s + (number + 1) / per_s
        write_request(streams, index, number, users, done_s, response_s, is_traced=number in traced)
    streams.write("events", Event(at_s=end_s, kind="step_ended", step=index, data={"in_flight": users}))
    streams.write("events", Event(at_s=end_s, kind="step_drained", step=index, data={"cancelled": 0}))
    health = GeneratorHealth(
        step=index,
        worker=0,
        start_s=start_s,
        end_s=end_s,
        cpu_ratio=0.1,
        lag_p95_s=0.001,
        in_flight_max=users,
    )
    streams.write("generator", health)
    for record in list_readings(users, start_s, end_s):
        streams.write("probes", record)
    return end_s


def write_request(
    streams: Streams, step: int, number: int, users: int, done_s: float, response_s: float, *, is_traced: bool
) -> None:
    begun_s = done_s - response_s * streams.rng.uniform(0.9, 1.1)
    called_s = done_s - SERVICE_S
    trace_id = f"{step:08x}{number:024x}"
    user, sequence = number % users, number // users
    common: dict[str, Any] = {"trace_id": trace_id, "step": step, "user": user, "sequence": sequence}
    streams.write(
        "samples",
        Sample(**common, due_s=begun_s, start_s=begun_s, end_s=done_s, outcome="ok", status=200),
    )
    streams.write(
        "invocations",
        Invocation(**common, mode="ainvoke", start_s=begun_s + 0.001, end_s=done_s - 0.001, outcome="ok"),
    )
    streams.write("provider", make_attempt(number, trace_id, called_s, done_s, users))
    if is_traced:
        streams.write("probes", make_trace(trace_id, step, begun_s, called_s, done_s))


def make_attempt(number: int, trace_id: str, called_s: float, done_s: float, users: int) -> Attempt:
    return Attempt(
        ordinal=number, endpoint="chat.completions", received_s=called_s, end_s=done_s, outcome="ok", status=200,
        trace_id=trace_id, connection=number % users, connection_request=number // users, model="gpt-4o-mini",
        first_byte_s=done_s - 0.001, injected_s=SERVICE_S, achieved_s=SERVICE_S, in_flight=min(users, SLOTS),
        retry_count=0, prompt_tokens=12, completion_tokens=40, prompt_chars=60, prompt_hash=f"{number:016x}",
    )  # fmt: skip


def make_trace(trace_id: str, step: int, begun_s: float, called_s: float, done_s: float) -> Trace:
    """As of a short LCEL chain behind a semaphore."""
    from_s = begun_s + 0.002
    spans = [
        Span("lock_wait", 1, from_s, called_s, 1, "semaphore:1"),
        Span("hold", 1, called_s, done_s, 1, "semaphore:1"),
        Span("provider", 1, called_s, done_s, 1, "provider"),
        Span("step", -1, begun_s + 0.001, done_s, 1, "chain:RunnableSequence"),
        Span("step", -1, begun_s + 0.001, from_s, 1, "prompt:ChatPromptTemplate"),
        Span("step", 1, from_s, done_s, 1, "llm:ChatOpenAI"),
    ]
    return Trace(
        trace_id=trace_id, step=step, start_s=begun_s + 0.0005, end_s=done_s, spans=spans, weight=4.0
    )


def list_readings(users: int, start_s: float, end_s: float) -> Iterator[ProbeRecord]:
    """As often as the probes take them."""
    ticks = int((end_s - start_s) * 10)
    for tick in range(ticks):
        at_s = start_s + tick / 10
        yield LoopActivity(
            start_s=at_s, end_s=at_s + 0.1, busy_s=0.02, cpu_s=0.02, late_s=0.0, longest_s=0.01
        )
        if tick % 2 == 0:
            busy = min(users, SLOTS)
            yield Gauge(
                at_s=at_s,
                resource="semaphore:1",
                in_use=busy,
                capacity=SLOTS,
                waiting=max(0, users - SLOTS),
                site=1,
            )
            yield Gauge(at_s=at_s, resource="executor:default", in_use=0, capacity=6, waiting=0)
        if tick % 5 == 0:
            yield ProcessReading(at_s=at_s, cpu_s=at_s * 0.2, gil_overshoot_s=0.0003)


if __name__ == "__main__":
    raise SystemExit(main())

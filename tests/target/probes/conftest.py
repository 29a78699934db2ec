"""Probes on small real programs: the test files themselves are the user's code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from harness.probe_records import Gauge, ProbeRecord, Site, Span, Trace
from harness.run_directory import JsonlWriter, read_jsonl
from harness.target.frames import FrameReader
from harness.target.probes import all_probes
from harness.target.probes.probe_set import ProbeSet

R = TypeVar("R")


class Bench:
    """A set of probes, the program run under it, and what they wrote."""

    def __init__(self, path: Path) -> None:
        self.path = path
        frames = FrameReader()
        self.writer = JsonlWriter(path)
        self.probes = ProbeSet(self.writer, all_probes(frames), frames=frames)
        self._number = 0
        self._written: list[ProbeRecord] | None = None

    async def invoke(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """One invocation, in a task of its own."""
        self._number += 1
        trace_id = f"{self._number:032x}"

        async def run() -> Any:
            trace = self.probes.recorder.begin(trace_id, 0)
            try:
                return await work()
            except Exception as error:
                trace.error = error
                raise
            finally:
                self.probes.recorder.end(trace)

        return await asyncio.create_task(run())

    def run(self, work: Callable[[], Awaitable[Any]], *, users: int = 1) -> list[Any]:
        """So many invocations at once."""

        async def main() -> list[Any]:
            return await asyncio.gather(*(self.invoke(work) for _ in range(users)), return_exceptions=True)

        return asyncio.run(main())

    def turns(self, count: int, looks: int = 25) -> Iterator[None]:
        """So many turns, and more until the observer has looked often: a busy machine lets it look seldom."""
        observer, until_s = self.probes.context.observer, time.monotonic() + 30.0
        enough = observer.sleep_count + looks
        while count > 0 or (observer.sleep_count < enough and time.monotonic() < until_s):
            count -= 1
            yield

    def records(self, kind: type[R]) -> list[R]:
        """What was written; takes the probes out first."""
        if self._written is None:
            self.probes.uninstall()
            self._written = list(read_jsonl(self.path, ProbeRecord))  # type: ignore[arg-type]
        return [record for record in self._written if isinstance(record, kind)]

    def spans(self, kind: str, resource: str = "") -> list[Span]:
        return [
            span
            for trace in self.records(Trace)
            for span in trace.spans
            if span.kind == kind and span.resource.startswith(resource)
        ]

    def gauges(self, resource: str) -> list[Gauge]:
        return [gauge for gauge in self.records(Gauge) if gauge.resource.startswith(resource)]

    def code_at(self, site: int) -> str:
        """The source line of a place."""
        found = next(record for record in self.records(Site) if record.id == site)
        return found.stack[0].code or ""

    def function_at(self, site: int) -> str:
        found = next(record for record in self.records(Site) if record.id == site)
        return found.stack[0].function


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "probes.jsonl")
    bench.probes.install()
    yield bench
    bench.probes.uninstall()
    bench.writer.close()


def length(span: Span) -> float:
    assert span.end_s is not None
    return span.end_s - span.start_s

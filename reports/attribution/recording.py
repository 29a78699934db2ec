"""What the probes wrote, read with bounded memory.  Reads probes.jsonl; judges nothing.

Sites are numbered anew: a target that was restarted begins its numbers again.  Traces are a sample that does not depend
on their order; how many and how large is bounded for every step.
"""

from __future__ import annotations

import heapq
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union, get_args

import msgspec

from harness.probe_records import (
    Anomaly,
    AwaitStack,
    Gauge,
    KeptState,
    LateStack,
    LoopActivity,
    ProbeRecord,
    ProbeStatus,
    ProcessReading,
    Site,
    Span,
    ThreadStack,
    Trace,
)
from harness.records import Frame
from reports.attribution.state import NO_SITE
from reports.columns import paused_collector, read_batches

MOST_TRACES = 400  # of a step: a share of 0.4 is then known to ± 0.05
MOST_SPANS = 40_000  # of a step: about 15 MB
MOST_READINGS = 200_000  # of a kind: a run of hours thins out, it does not fill the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """All probe records of a run, by kind, in order of writing."""

    sites: Mapping[int, Sequence[Frame]] = field(default_factory=dict)
    traces: Mapping[int, Sequence[Trace]] = field(default_factory=dict)  # by step
    gauges: Mapping[str, Sequence[Gauge]] = field(default_factory=dict)  # by resource
    loop: Sequence[LoopActivity] = ()
    late: Sequence[LateStack] = ()
    threads: Sequence[ThreadStack] = ()
    awaits: Sequence[AwaitStack] = ()
    process: Sequence[ProcessReading] = ()
    kept: Sequence[KeptState] = ()
    anomalies: Sequence[Anomaly] = ()
    probes: Sequence[ProbeStatus] = ()

    def frames(self, site: int) -> Sequence[Frame]:
        """Innermost user frame first; empty when the site is not known."""
        return self.sites.get(site, ())

    @property
    def is_empty(self) -> bool:
        return not (self.traces or self.loop or self.gauges)


def load_recording(path: Path) -> Recording:
    """Everything in probes.jsonl; an empty recording when there is no such file.  Torn lines are skipped."""
    reader = _Reader()
    with paused_collector():
        for batch in read_batches(path, _Record):
            for record in batch:
                reader.take(record)
    return reader.finish()


class _TraceLine(msgspec.Struct, frozen=True, kw_only=True, tag="trace"):
    """A Trace whose spans are read only when it is kept: of a long run, most are not."""

    trace_id: str
    step: int | None
    start_s: float
    end_s: float
    spans: msgspec.Raw
    dropped_count: int = 0
    weight: float = 1.0
    has_steps: bool = True

    def read(self, site: Callable[[int], int]) -> Trace:
        """The whole, with its sites numbered anew."""
        spans = [
            span if site(span.site) == span.site else msgspec.structs.replace(span, site=site(span.site))
            for span in _SPANS.decode(self.spans)
        ]
        return Trace(
            trace_id=self.trace_id,
            step=self.step,
            start_s=self.start_s,
            end_s=self.end_s,
            spans=spans,
            dropped_count=self.dropped_count,
            weight=self.weight,
            has_steps=self.has_steps,
        )


_SPANS = msgspec.json.Decoder(list[Span])
_Record: Any = Union[tuple(_TraceLine if kind is Trace else kind for kind in get_args(ProbeRecord))]  # noqa: UP007


class _Reader:
    """Sorts records by kind as they come."""

    def __init__(self) -> None:
        self._sites: dict[int, Sequence[Frame]] = {}
        self._numbers: dict[bytes, int] = {}
        self._renumbered: dict[int, int] = {}
        self._samples: dict[int, _TraceSample] = defaultdict(_TraceSample)
        self._gauges: dict[str, list[Gauge]] = defaultdict(list)
        self._lists: dict[type, list[Any]] = defaultdict(list)
        self._take: dict[type, Callable[[Any], None]] = {
            Site: self._take_site,
            _TraceLine: self._take_trace,
            Gauge: self._take_gauge,
        }

    def take(self, record: Any) -> None:
        self._take.get(type(record), self._take_reading)(record)

    def finish(self) -> Recording:
        lists = self._lists
        return Recording(
            sites=self._sites,
            traces={step: sample.traces() for step, sample in sorted(self._samples.items())},
            gauges=dict(self._gauges),
            loop=lists[LoopActivity],
            late=lists[LateStack],
            threads=lists[ThreadStack],
            awaits=lists[AwaitStack],
            process=lists[ProcessReading],
            kept=lists[KeptState],
            anomalies=lists[Anomaly],
            probes=lists[ProbeStatus],
        )

    def _take_site(self, site: Site) -> None:
        number = self._numbers.setdefault(msgspec.json.encode(site.stack), len(self._numbers))
        self._sites[number] = site.stack
        self._renumbered[site.id] = number

    def _take_trace(self, trace: _TraceLine) -> None:
        if trace.step is not None:
            self._samples[trace.step].take(trace, self._site)

    def _take_gauge(self, gauge: Gauge) -> None:
        series = self._gauges[gauge.resource]
        if len(series) < MOST_READINGS:
            series.append(self._with_own_site(gauge))

    def _take_reading(self, record: Any) -> None:
        kept = self._lists[type(record)]
        if len(kept) < MOST_READINGS:
            kept.append(self._with_own_site(record) if hasattr(record, "site") else record)

    def _with_own_site(self, record: Any) -> Any:
        site = self._site(record.site)
        return record if site == record.site else msgspec.structs.replace(record, site=site)

    def _site(self, number: int) -> int:
        return self._renumbered.get(number, NO_SITE)


class _TraceSample:
    """The traces of a step with the smallest hash of their id, as many as the bounds allow."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Trace]] = []  # largest hash first
        self._span_count = 0
        self._taken = 0

    def take(self, line: _TraceLine, site: Callable[[int], int]) -> None:
        key = -zlib.crc32(line.trace_id.encode())
        if self._is_full and self._heap and key < self._heap[0][0]:
            return
        trace = line.read(site)
        heapq.heappush(self._heap, (key, self._taken, trace))
        self._taken += 1
        self._span_count += len(trace.spans)
        while self._is_over:
            self._span_count -= len(heapq.heappop(self._heap)[2].spans)

    def traces(self) -> list[Trace]:
        """In order of time."""
        return sorted((trace for _, _, trace in self._heap), key=lambda trace: trace.start_s)

    @property
    def _is_full(self) -> bool:
        return len(self._heap) >= MOST_TRACES or self._span_count >= MOST_SPANS

    @property
    def _is_over(self) -> bool:
        return len(self._heap) > MOST_TRACES or (self._span_count > MOST_SPANS and len(self._heap) > 1)


def between(records: Sequence[Any], start_s: float, end_s: float) -> Iterator[Any]:
    """Those whose ``at_s`` lies in the stretch."""
    return (record for record in records if start_s <= record.at_s <= end_s)

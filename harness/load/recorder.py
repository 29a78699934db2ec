"""Writes what the load process records of a run, and keeps the last seconds for the progress line.

Runs under gevent in the process that leads; writing is appending to a file, quick enough to be done in place.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.load.health import quantile
from harness.records import Event, GeneratorHealth, Progress, Sample
from harness.run_directory import JsonlWriter, RunDirectory
from harness.step_orders import StepOrder

RECENT_S = 5.0
FLUSH_EVERY_S = 0.5


@dataclass(slots=True)
class StepTally:
    """Good answers of one step."""

    start_s: float
    answer_count: int = 0
    response_s: float = 0.0  # summed
    last_s: float = 0.0  # end of the last one

    @property
    def mean_response_s(self) -> float:
        return self.response_s / self.answer_count

    @property
    def throughput_per_s(self) -> float:
        return self.answer_count / max(self.last_s - self.start_s, 1e-9)

    @property
    def busy_users(self) -> int:
        return max(round(self.throughput_per_s * self.mean_response_s), 1)


class Recorder:
    """The four streams of the load process."""

    def __init__(self, directory: RunDirectory) -> None:
        self.on_sample: Callable[[Sample], None] | None = None  # whoever listens to the running step
        self.ok_count = 0
        self.error_count = 0
        self._samples = JsonlWriter(directory.file("samples.jsonl"))
        self._health = JsonlWriter(directory.file("generator.jsonl"))
        self._events = JsonlWriter(directory.file("events.jsonl"))
        self._progress = JsonlWriter(directory.file("progress.jsonl"))
        self._recent: deque[Sample] = deque()
        self._tallies: dict[int, StepTally] = {}  # by step

    def sample(self, sample: Sample) -> None:
        self._samples.write(sample)
        self.ok_count += sample.outcome == "ok"
        self.error_count += sample.outcome in ("error", "timeout")
        if sample.end_s is not None:
            self._recent.append(sample)
        if self.on_sample is not None:
            self.on_sample(sample)
        tally = self._tallies.get(sample.step)
        if tally is not None and sample.end_s is not None and sample.outcome == "ok":
            tally.answer_count += 1
            tally.response_s += sample.end_s - sample.start_s
            tally.last_s = max(tally.last_s, sample.end_s)

    def mean_response_s(self) -> dict[int, float]:
        """Of good answers, by the requests in flight in their step on average: its users, where those wait."""
        return {t.busy_users: t.mean_response_s for t in self._tallies.values() if t.answer_count}

    def highest_throughput(self) -> tuple[float, float]:
        """Good answers a second of the step that had most of them, and their mean response time; zeros without any."""
        found = [(t.throughput_per_s, t.mean_response_s) for t in self._tallies.values() if t.answer_count]
        return max(found, default=(0.0, 0.0))

    def health(self, health: GeneratorHealth) -> None:
        self._health.write(health)

    def event(
        self,
        kind: str,
        *,
        at_s: float | None = None,
        step: int | None = None,
        users: int | None = None,
        message: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Written at once, with all that was recorded before: whoever follows the run waits for it."""
        if kind == "step_started" and step is not None:
            self._tallies[step] = StepTally(time.monotonic() if at_s is None else at_s)
        self._events.write(
            Event(
                at_s=time.monotonic() if at_s is None else at_s,
                kind=kind,
                step=step,
                users=users,
                message=message,
                data=data or {},
            )
        )
        self.flush()

    def progress(
        self,
        *,
        step: int,
        step_count: int,
        step_start_s: float | None,
        users: int,
        remaining_s: float | None,
        in_flight: int,
        rate_limited_count: int | None,
        phase: str,
        order: StepOrder | None = None,
        is_open_ended: bool = False,
    ) -> None:
        """One reading, written at once; records that wait are written with it."""
        now_s = time.monotonic()
        since_s = max(now_s - RECENT_S, step_start_s or 0.0)
        times_s = [s.end_s - s.start_s for s in self._ended_since(since_s) if s.end_s is not None]
        self._progress.write(
            Progress(
                at_s=now_s,
                step=step,
                step_count=step_count,
                users=users,
                remaining_s=remaining_s,
                in_flight=in_flight,
                throughput_per_s=len(times_s) / (now_s - since_s) if times_s else None,
                p50_s=quantile(times_s, 0.5),
                p95_s=quantile(times_s, 0.95),
                ok_count=self.ok_count,
                error_count=self.error_count,
                rate_limited_count=rate_limited_count,
                phase=phase,
                purpose=order.purpose if order else "ladder",
                note=order.note if order else None,
                is_open_ended=is_open_ended,
            )
        )
        self.flush()

    def flush(self) -> None:
        for writer in (self._samples, self._health, self._events, self._progress):
            writer.flush()

    def find_write_problem(self) -> str | None:
        """Why records were lost, as when the disk is full."""
        lost = [writer for writer in (self._samples, self._health, self._events) if writer.error is not None]
        count = sum(writer.lost_count for writer in lost)
        return f"{count} records could not be written: {lost[0].error}" if lost else None

    def close(self) -> None:
        for writer in (self._samples, self._health, self._events, self._progress):
            writer.close()

    def _ended_since(self, since_s: float) -> list[Sample]:
        """Good ones only."""
        while self._recent and (self._recent[0].end_s or 0.0) < since_s:
            self._recent.popleft()
        return [sample for sample in self._recent if sample.outcome == "ok"]

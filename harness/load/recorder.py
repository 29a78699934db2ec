"""Writes what the load process records of a run, and keeps the last seconds for the progress line.

Runs under gevent in the process that leads; writing is appending to a file, quick enough to be done in place.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any

from harness.load.health import quantile
from harness.records import Event, GeneratorHealth, Progress, Sample
from harness.run_directory import JsonlWriter, RunDirectory
from harness.step_orders import StepOrder

RECENT_S = 5.0
FLUSH_EVERY_S = 0.5


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
        self._users: dict[int, int] = {}  # by step
        self._answers: Counter[int] = Counter()  # good ones, by step
        self._response_s: defaultdict[int, float] = defaultdict(float)  # summed over those

    def sample(self, sample: Sample) -> None:
        self._samples.write(sample)
        self.ok_count += sample.outcome == "ok"
        self.error_count += sample.outcome in ("error", "timeout")
        if sample.end_s is not None:
            self._recent.append(sample)
        if self.on_sample is not None:
            self.on_sample(sample)
        if sample.end_s is not None and sample.outcome == "ok":
            self._answers[sample.step] += 1
            self._response_s[sample.step] += sample.end_s - sample.start_s

    def mean_response_s(self) -> dict[int, float]:
        """Of good answers, by the users of their step."""
        return {
            users: self._response_s[step] / self._answers[step]
            for step, users in self._users.items()
            if self._answers[step]
        }

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
        if kind == "step_started" and step is not None and users is not None:
            self._users[step] = users
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

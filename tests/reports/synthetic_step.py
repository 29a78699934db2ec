"""One step of looping clients, event by event: what synthetic_run is made of."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from typing import Any

from harness.records import Event, Frame, GeneratorHealth, Invocation, Sample, StepOpen
from mock_provider.records import Attempt

ORIGIN_S = 5000.0
USER_FILE = "app/chain.py"
STACK = [
    Frame(file="/usr/lib/python3.11/asyncio/tasks.py", line=100, function="_run"),
    Frame(
        file=USER_FILE, line=42, function="look_up", code="await self.index.search(question)", is_user=True
    ),
    Frame(file="/usr/lib/python3.11/asyncio/locks.py", line=213, function="wait", code="await fut"),
]


@dataclass(kw_only=True)
class Plan:
    """What is simulated."""

    kind: str = "queue"
    steps: tuple[int, ...] = (1, 5, 20, 50)
    hold_s: float = 10.0
    service_s: float = 0.1
    capacity: int = 5
    rate_per_s: float = 20.0
    hang_every: int = 40
    streaming: bool = False
    error_every: int | None = None
    timeout_s: float = 5.0
    drain_s: float = 6.0
    seed: int = 0
    died_in_step: int | None = None  # the run dies in the middle of this step
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Streams:
    samples: list[Sample] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    generator: list[GeneratorHealth] = field(default_factory=list)


class Step:
    """One step of ``users`` looping clients, event by event."""

    def __init__(
        self,
        plan: Plan,
        index: int,
        users: int,
        start_s: float,
        hold_s: float,
        rng: random.Random,
        streams: Streams,
    ) -> None:
        self.plan, self.index, self.users, self.rng, self.streams = plan, index, users, rng, streams
        self.start_s, self.end_s = start_s, start_s + hold_s
        self.is_cut = hold_s != plan.hold_s
        self.free_s = [start_s] * plan.capacity
        self.tokens, self.refilled_s = 1.0, start_s
        self.sequences = [0] * users
        self.last_s, self.censored, self.in_flight, self.count = self.end_s, 0, 0, 0

    def run(self) -> float:
        """Fill the streams; return when the step was drained."""
        ready: list[tuple[float, int, int, float]] = [
            (self.start_s, user, 0, self.start_s) for user in range(self.users)
        ]
        heapq.heapify(ready)
        while ready:
            at_s, user, tries, begun_s = heapq.heappop(ready)
            if tries == 0 and at_s >= self.end_s:
                continue
            free_s, next_try = self._call(at_s, user, tries, begun_s)
            if free_s is not None:
                heapq.heappush(ready, (free_s, user, next_try, begun_s if next_try else free_s))
        if not self.is_cut:
            self._finish()
        return self.last_s

    def _finish(self) -> None:
        data = {"in_flight": self.in_flight}
        self.streams.events.append(Event(at_s=self.end_s, kind="step_ended", step=self.index, data=data))
        drained = {
            "drained": self.in_flight - self.censored, "censored": self.censored, "cancelled": self.censored,
            "waited_s": self.last_s - self.end_s,
        }  # fmt: skip
        self.streams.events.append(
            Event(at_s=self.last_s, kind="step_drained", step=self.index, data=drained)
        )
        busy = self.plan.kind == "generator"
        self.streams.generator.append(
            GeneratorHealth(
                step=self.index,
                worker=0,
                start_s=self.start_s,
                end_s=self.end_s,
                cpu_ratio=min(0.99, 0.25 * self.users) if busy else 0.02 + 0.002 * self.users,
                lag_p95_s=0.4 * min(1.0, self.users / 20) if busy else 0.001,
                in_flight_max=self.users,
            )
        )

    def _call(self, at_s: float, user: int, tries: int, begun_s: float) -> tuple[float | None, int]:
        """One provider call; when this user acts next, and with which try (None: never again)."""
        trace = f"{self.index:08x}{user:08x}{self.sequences[user]:016x}"
        self.count += 1
        service_s = self.plan.service_s * self.rng.uniform(0.9, 1.1)
        if self.plan.kind == "hung" and self.count % self.plan.hang_every == 0:
            return self._hang(trace, user, begun_s), 0
        if self.plan.kind == "rate_limited" and not self._take_token(at_s):
            self._attempt(trace, at_s, at_s + 0.001, tries, limited=True)
            if tries < 2:
                return at_s + 0.5 * 2**tries * self.rng.uniform(0.75, 1.0), tries + 1
            self._sample(
                trace, user, begun_s, at_s + 0.001, "RateLimitError: Error code: 429 - Rate limit reached"
            )
            return at_s + 0.001, 0
        begin_s = at_s
        if self.plan.kind in ("queue", "generator"):
            begin_s = max(at_s, heapq.heappop(self.free_s))
            heapq.heappush(self.free_s, begin_s + service_s)
        self._attempt(trace, begin_s, begin_s + service_s, tries)
        failed = self.plan.error_every is not None and self.count % self.plan.error_every == 0
        error = "ValueError: no answer in the model's reply" if failed else None
        self._sample(trace, user, begun_s, begin_s + service_s, error)
        return begin_s + service_s, 0

    def _take_token(self, at_s: float) -> bool:
        rate = self.plan.rate_per_s
        self.tokens = min(1.0 + rate / 10, self.tokens + (at_s - self.refilled_s) * rate)
        self.refilled_s = at_s
        taken = self.tokens >= 1
        self.tokens -= taken
        return taken

    def _attempt(
        self, trace: str, received_s: float, end_s: float, tries: int, *, limited: bool = False
    ) -> None:
        attempt = Attempt(
            ordinal=len(self.streams.attempts), endpoint="chat.completions", received_s=received_s, end_s=end_s,
            outcome="rate_limited" if limited else "ok", status=429 if limited else 200, trace_id=trace,
            model="gpt-4o-mini", injected_s=0.0 if limited else end_s - received_s, retry_count=tries,
            achieved_s=None if limited else end_s - received_s, retry_after_s=0.4 if limited else None,
            in_flight=self.users, prompt_tokens=12, completion_tokens=None if limited else 20,
        )  # fmt: skip
        self.streams.attempts.append(attempt)

    def _hang(self, trace: str, user: int, begun_s: float) -> float | None:
        """A tool call that never returns: found at the time-out, else cut off by the drain."""
        found_s = begun_s + self.plan.timeout_s
        timed_out = found_s <= self.end_s + self.plan.drain_s
        gone_s = found_s if timed_out else self.end_s + self.plan.drain_s
        sequence, self.sequences[user] = self.sequences[user], self.sequences[user] + 1
        self._count_late(gone_s, censored=not timed_out)
        self.streams.samples.append(
            Sample(
                trace_id=trace,
                step=self.index,
                user=user,
                sequence=sequence,
                due_s=begun_s,
                start_s=begun_s,
                end_s=gone_s if timed_out else None,
                outcome="timeout" if timed_out else "censored",
                status=504 if timed_out else None,
                error="Hung: no answer" if timed_out else None,
            )
        )
        self.streams.invocations.append(
            Invocation(
                trace_id=trace,
                step=self.index,
                user=user,
                sequence=sequence,
                mode="ainvoke",
                start_s=begun_s + 0.001,
                end_s=gone_s,
                outcome="hung" if timed_out else "cancelled",
                open_steps=[
                    StepOpen(name="RunnableSequence", kind="chain", start_s=begun_s + 0.001),
                    StepOpen(name="look_up", kind="tool", start_s=begun_s + 0.01),
                ],
                stack=STACK,
                stack_taken_s=gone_s,
            )
        )
        return gone_s

    def _sample(self, trace: str, user: int, begun_s: float, end_s: float, error: str | None) -> None:
        sequence, self.sequences[user] = self.sequences[user], self.sequences[user] + 1
        self._count_late(end_s, censored=False)
        if self.is_cut and end_s > self.end_s:
            return
        tokens: dict[str, Any] = {}
        if self.plan.streaming and error is None:
            first_s = begun_s + 0.4 * (end_s - begun_s)
            tokens = {
                "first_chunk_s": first_s, "last_chunk_s": end_s, "chunk_count": 20,
                "chunk_gap_p50_s": (end_s - first_s) / 19, "chunk_gap_max_s": (end_s - first_s) / 10,
            }  # fmt: skip
        self.streams.samples.append(
            Sample(
                trace_id=trace,
                step=self.index,
                user=user,
                sequence=sequence,
                due_s=begun_s,
                start_s=begun_s,
                end_s=end_s,
                outcome="error" if error else "ok",
                status=500 if error else 200,
                error=error,
                **tokens,
            )
        )
        self.streams.invocations.append(
            Invocation(
                trace_id=trace,
                step=self.index,
                user=user,
                sequence=sequence,
                mode="ainvoke",
                start_s=begun_s + 0.001,
                end_s=end_s - 0.001,
                outcome="error" if error else "ok",
                error=error,
            )
        )

    def _count_late(self, end_s: float, *, censored: bool) -> None:
        if end_s > self.end_s:
            self.in_flight += 1
            self.last_s = max(self.last_s, end_s)
        self.censored += censored

"""Run directories with probes, simulated: closed loops of users through stages, each with its wait and its work.

``make_probed_run(path, [Stage(...), ...])`` writes one and returns its RunDirectory.  What grows is known: the stage
whose capacity is smallest for its time.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthetic_run import ORIGIN_S, write_stream

from harness.probe_records import Gauge, LoopActivity, ProbeRecord, ProcessReading, Site, Span, Trace
from harness.records import Event, Frame, Invocation, Sample
from harness.run_directory import RunDirectory, RunInfo
from harness.settings import RunSettings
from mock_provider.records import Attempt

OVERHEAD_S = 0.002  # of the framework, on the loop, before the first stage


@dataclass(kw_only=True)
class Stage:
    """One thing an invocation does."""

    work: str  # provider, thread_run, sleep, or "" for what no probe sees
    seconds: float
    wait: str = ""  # lock_wait, executor_wait, pool_wait, limiter_wait; empty: nothing is waited for
    hold: str = ""  # also write that it was held: hold
    resource: str = ""
    capacity: int = 10_000
    line: int = 10  # in app/chain.py
    slower_per_user: float = 0.0  # the work takes this much longer for each user
    cpu_ratio: float = 0.0  # of thread runs
    times: int = 1  # in a row


@dataclass(kw_only=True)
class _Run:
    stages: Sequence[Stage]
    rng: random.Random
    samples: list[Sample] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    probes: list[ProbeRecord] = field(default_factory=list)


def make_probed_run(
    path: Path,
    stages: Sequence[Stage],
    *,
    steps: Sequence[int] = (1, 4, 16, 40),
    hold_s: float = 10.0,
    loop_busy_ratio: float | None = 0.05,
    extra: Sequence[ProbeRecord] = (),
    settings: dict[str, Any] | None = None,
) -> RunDirectory:
    """Simulate a run into ``path``; ``extra`` probe records are appended as they are."""
    run = RunDirectory.create(path)
    base = {"name": "probed", "target": "app/chain.py:chain", "steps": tuple(steps), "hold_s": hold_s}
    run.write_info(
        RunInfo(
            settings=RunSettings(**(base | (settings or {}))),
            started_wall="2026-11-21T10:00:00Z",
            started_s=ORIGIN_S,
        )
    )
    made = _Run(stages=stages, rng=random.Random(7))
    made.probes += [Site(id=stage.line, stack=[_frame(stage.line)]) for stage in stages]
    now_s = ORIGIN_S + 1
    made.events.append(Event(at_s=ORIGIN_S, kind="run_started"))
    for index, users in enumerate(steps):
        now_s = _simulate_step(made, index, users, now_s, hold_s) + 0.2
    made.events.append(Event(at_s=now_s, kind="run_ended", data={"completed": True}))
    if loop_busy_ratio is not None:  # None: ``extra`` tells of the loop
        made.probes += _loop_records(ORIGIN_S, now_s, loop_busy_ratio)
    for name in ("samples", "invocations", "events"):
        write_stream(run.file(f"{name}.jsonl"), getattr(made, name))
    write_stream(run.file("provider.jsonl"), made.attempts)
    write_stream(run.file("probes.jsonl"), [*made.probes, *extra])
    return run


def _frame(line: int) -> Frame:
    return Frame(
        file="app/chain.py", line=line, function=f"stage_{line}", code=f"await stage_{line}()", is_user=True
    )


def _loop_records(start_s: float, end_s: float, busy_ratio: float) -> list[ProbeRecord]:
    records: list[ProbeRecord] = []
    at_s = start_s
    while at_s < end_s:
        busy_s = 0.1 * busy_ratio
        records.append(
            LoopActivity(
                start_s=at_s, end_s=at_s + 0.1, busy_s=busy_s, cpu_s=busy_s, late_s=0.0, longest_s=0.01
            )
        )
        at_s += 0.1
    records += [ProcessReading(at_s=start_s, cpu_s=1.0), ProcessReading(at_s=end_s, cpu_s=1.0 + busy_ratio)]
    return records


def _simulate_step(run: _Run, index: int, users: int, start_s: float, hold_s: float) -> float:
    """One step of looping users, each stage first come first served; returns when it was drained."""
    end_s = start_s + hold_s
    run.events.append(Event(at_s=start_s, kind="step_started", step=index, users=users))
    free = [[start_s] * min(stage.capacity, users) for stage in run.stages]
    stages = [position for position, stage in enumerate(run.stages) for _ in range(stage.times)]
    # (ready at, user, stage number, begun at, sequence, spans)
    ready: list[tuple[float, int, int, float, int, list[Span]]] = [
        (start_s + OVERHEAD_S, user, 0, start_s, 0, []) for user in range(users)
    ]
    heapq.heapify(ready)
    last_s = end_s
    while ready:
        at_s, user, number, begun_s, sequence, spans = heapq.heappop(ready)
        if number < len(stages):
            trace_id = _trace_id(index, user, sequence)
            at_s = _pass_stage(run, stages[number], free, users, trace_id, at_s, spans)
            heapq.heappush(ready, (at_s, user, number + 1, begun_s, sequence, spans))
            continue
        _finish(run, index, user, sequence, begun_s, at_s, spans)
        last_s = max(last_s, at_s)
        if at_s < end_s:
            heapq.heappush(ready, (at_s + OVERHEAD_S, user, 0, at_s, sequence + 1, []))
    run.events.append(Event(at_s=end_s, kind="step_ended", step=index, data={"in_flight": users}))
    run.events.append(
        Event(at_s=last_s, kind="step_drained", step=index, data={"drained": users, "censored": 0})
    )
    _write_gauges(run, users, start_s, end_s)
    return last_s


def _pass_stage(
    run: _Run,
    position: int,
    free: list[list[float]],
    users: int,
    trace_id: str,
    at_s: float,
    spans: list[Span],
) -> float:
    stage = run.stages[position]
    begin_s = max(at_s, heapq.heappop(free[position]))
    work_s = (stage.seconds + stage.slower_per_user * users) * run.rng.uniform(0.95, 1.05)
    end_s = begin_s + work_s
    heapq.heappush(free[position], end_s)
    context = 1 + position if stage.work == "thread_run" else 0
    if stage.wait:
        spans.append(Span(stage.wait, stage.line, at_s, begin_s, 0, stage.resource))
    if stage.hold:
        spans.append(Span(stage.hold, stage.line, begin_s, end_s, 0, stage.resource))
    if stage.work:
        cpu_s = work_s * stage.cpu_ratio if stage.work == "thread_run" else None
        spans.append(Span(stage.work, stage.line, begin_s, end_s, context, stage.resource, cpu_s))
    if stage.work == "provider":
        run.attempts.append(
            Attempt(
                ordinal=len(run.attempts), endpoint="chat.completions", received_s=begin_s, end_s=end_s, outcome="ok",
                status=200, trace_id=trace_id, injected_s=stage.seconds, achieved_s=work_s, in_flight=1,
                prompt_tokens=12, completion_tokens=20, retry_count=0,
            )
        )  # fmt: skip
    return end_s


def _write_gauges(run: _Run, users: int, start_s: float, end_s: float) -> None:
    for stage in run.stages:
        if stage.wait and stage.capacity < 10_000:
            in_use = min(users, stage.capacity)
            waiting = max(0, users - stage.capacity)
            for at_s in (start_s + 0.5, (start_s + end_s) / 2, end_s - 0.1):
                run.probes.append(
                    Gauge(
                        at_s=at_s, resource=stage.resource, in_use=in_use, capacity=stage.capacity, waiting=waiting,
                        site=stage.line,
                    )
                )  # fmt: skip


def _trace_id(step: int, user: int, sequence: int) -> str:
    return f"{step:08x}{user:08x}{sequence:016x}"


def _finish(
    run: _Run, step: int, user: int, sequence: int, begun_s: float, end_s: float, spans: list[Span]
) -> None:
    trace_id = _trace_id(step, user, sequence)
    run.samples.append(
        Sample(
            trace_id=trace_id, step=step, user=user, sequence=sequence, due_s=begun_s, start_s=begun_s, end_s=end_s,
            outcome="ok", status=200,
        )
    )  # fmt: skip
    run.invocations.append(
        Invocation(
            trace_id=trace_id, step=step, user=user, sequence=sequence, mode="ainvoke", start_s=begun_s + 0.0005,
            end_s=end_s, outcome="ok",
        )
    )  # fmt: skip
    run.probes.append(Trace(trace_id=trace_id, step=step, start_s=begun_s + 0.0005, end_s=end_s, spans=spans))

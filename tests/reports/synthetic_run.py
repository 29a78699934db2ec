"""Run directories as a run would leave them, simulated in milliseconds: for tests of all that reads them.

``make_run(path, kind="queue")`` writes one and returns its RunDirectory.  Kinds, at the default 100 ms a call:

healthy         nothing saturates
queue           ``capacity`` calls at a time, first come first served: saturates at ``capacity`` users
rate_limited    the provider takes ``rate_per_s``; the client retries twice with back-off, then fails
hung            one call in ``hang_every`` never returns: it waits in the user's tool, the provider idle
generator       the load generator is busy to 99 % and its own timers are late
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from synthetic_step import ORIGIN_S, STACK, Plan, Step, Streams

from harness.records import Event
from harness.run_directory import JsonlWriter, RunDirectory, RunInfo, write_whole
from harness.settings import RunSettings

__all__ = ["ORIGIN_S", "STACK", "Plan", "make_run", "tear", "write_stream"]


def make_run(path: Path, **plan: Any) -> RunDirectory:
    """Simulate a run into ``path``; the keywords are Plan's."""
    wanted = Plan(**plan)
    run = RunDirectory.create(path)
    run.write_info(_info(wanted))
    limit = (
        f"[limits]\nrequests_per_minute = {wanted.rate_per_s * 60:g}\n"
        if wanted.kind == "rate_limited"
        else ""
    )
    write_whole(run.file("mock.toml"), f"{limit}[latency]\nconstant_s = {wanted.service_s:g}\n")
    streams = Streams()
    _simulate(wanted, streams)
    for name in ("samples", "invocations", "events", "generator"):
        write_stream(run.file(f"{name}.jsonl"), getattr(streams, name))
    write_stream(run.file("provider.jsonl"), streams.attempts)
    if wanted.died_in_step is not None:
        tear(run.file("samples.jsonl"))
    return run


def write_stream(path: Path, records: Iterable[Any]) -> None:
    """Append records as JSON lines."""
    writer = JsonlWriter(path)
    for record in records:
        writer.write(record)
    writer.close()


def tear(path: Path, byte_count: int = 20) -> None:
    """Cut the last bytes off, as a crash does."""
    path.write_bytes(path.read_bytes()[:-byte_count])


def _info(plan: Plan) -> RunInfo:
    settings = {
        "name": plan.kind, "target": "app/chain.py:chain", "steps": plan.steps, "hold_s": plan.hold_s,
        "timeout_s": plan.timeout_s, "drain_s": plan.drain_s, "seed": plan.seed,
        "mode": "astream" if plan.streaming else "ainvoke", **plan.settings,
    }  # fmt: skip
    return RunInfo(
        settings=RunSettings(**settings),
        started_wall="2026-11-21T10:00:00Z",
        started_s=ORIGIN_S,
        environment={"python": "3.11.7", "chainload": "0.1.0", "langchain-core": "1.7.2", "cpu_count": 2},
    )


def _simulate(plan: Plan, streams: Streams) -> None:
    rng = random.Random(plan.seed)
    events = streams.events
    wall = {"wall_clock": "2026-11-21T10:00:00Z"}
    events.append(Event(at_s=ORIGIN_S, kind="run_started", data=wall))
    events.append(Event(at_s=ORIGIN_S + 0.5, kind="mock_ready", data={"port": 40001, "pid": 101}))
    events.append(
        Event(at_s=ORIGIN_S + 1, kind="target_ready", data={"port": 40002, "pid": 102, "kind": "runnable"})
    )
    now_s = ORIGIN_S + 1.5
    for index, users in enumerate(plan.steps):
        events.append(Event(at_s=now_s, kind="step_started", step=index, users=users))
        if index == plan.died_in_step:
            Step(plan, index, users, now_s, plan.hold_s / 2, rng, streams).run()
            return
        step = Step(plan, index, users, now_s, plan.hold_s, rng, streams)
        now_s = step.run() + 0.2
    events.append(Event(at_s=now_s, kind="run_ended", data={"completed": True}))

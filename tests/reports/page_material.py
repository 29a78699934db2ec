"""Verdicts and page material made by hand, of a queue that serves so many a second: for tests of words and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from harness.records import Frame, StepOpen
from harness.run_directory import RunInfo
from harness.settings import RunSettings
from reports.material import (
    Distribution,
    Material,
    Segment,
    StepSpan,
    StuckGroup,
    Timeline,
    Waterfall,
    WaterfallRow,
)
from reports.saturation import ThroughputCurve
from reports.verdict import (
    Evidence,
    Finding,
    Health,
    Location,
    Proof,
    Resource,
    ResourceLoad,
    ResponseGrowth,
    RunnableLoad,
    RunnableTimes,
    Saturation,
    StateGrowth,
    StepSummary,
    Verdict,
)

BASE_S = 0.1
HOLD_S = 10.0
USERS = (1, 5, 20, 50)


def make_step(
    index: int, users: int, *, capacity_per_s: float = 50.0, error_count: int = 0, **fields: Any
) -> StepSummary:
    throughput = min(users / BASE_S, capacity_per_s)
    response_s = max(BASE_S, users / capacity_per_s)
    ok_count = round(throughput * 9)
    made: dict[str, Any] = {
        "index": index, "users": users, "hold_s": HOLD_S, "warmup_s": 1.0, "window_s": 9.0,
        "sample_count": ok_count + error_count, "ok_count": ok_count, "error_count": error_count, "censored_count": 0,
        "throughput_per_s": throughput, "throughput_se_per_s": 0.01 * throughput, "response_mean_s": response_s,
        "response_p50_s": response_s, "response_p95_s": 1.2 * response_s, "response_p99_s": 1.5 * response_s,
        "error_ratio": error_count / (ok_count + error_count), "efficiency": throughput * BASE_S / users,
        "is_steady": True, "rate_limited_count": 0,
        "errors": {"ReadTimeout: no answer": error_count} if error_count else {},
        "states": make_states(response_s), "traced_count": ok_count, "traced_response_s": response_s,
        "calls": {"ok": ok_count}, "retry_count": 0, "attempts_per_request": 1.0,
    }  # fmt: skip
    return StepSummary(**{**made, **fields})


def make_states(response_s: float) -> dict[str, float]:
    """All that goes beyond one user's time is waiting for the semaphore."""
    return {
        "provider": 0.9 * BASE_S, "lock_wait": response_s - BASE_S,
        "loop_computing": 0.08 * BASE_S, "unknown": 0.02 * BASE_S,
    }  # fmt: skip


def make_steps(
    users: Sequence[int] = USERS, *, errors: Mapping[int, int] | None = None, **fields: Any
) -> list[StepSummary]:
    return [make_step(i, n, error_count=(errors or {}).get(n, 0), **fields) for i, n in enumerate(users)]


def make_saturation(status: str = "saturated", **fields: Any) -> Saturation:
    """What the status makes known, changed by ``fields``."""
    known: dict[str, dict[str, Any]] = {
        "saturated": {"users": 18.2, "interval": (16.0, 20.4), "max_throughput_per_s": 47.8, "safe_users": 5},
        "saturated_from_first_step": {"users": 0.9, "interval": (0.7, 1.1), "max_throughput_per_s": 47.8},
        "not_reached": {
            "max_throughput_per_s": 480.0,
            "lower_bound_users": 92.4,
            "next_step": 150,
            "safe_users": 50,
        },
        "undecided": {"next_step": 150, "reason": "the curve bends, but the interval is 4 to 60 users wide"},
    }
    empty = dict.fromkeys(("users", "interval", "max_throughput_per_s", "safe_users", "next_step"))
    return Saturation(**{**empty, "status": status, "base_response_s": BASE_S, **known[status], **fields})


def make_finding(**fields: Any) -> Finding:
    made: dict[str, Any] = {
        "cause": "semaphore_starved", "role": "limit", "confidence": "high", "share_of_growth": 0.94,
        "location": Location(file="app/chain.py", line=42, function="run", code="async with self.slots:"),
        "summary": "Requests wait for a semaphore that lets 5 through at a time.",
        "evidence": [Evidence(text="Waiting for it takes 2 ms at 1 user and 918 ms at 50.", source="target")],
        "fix": "Raise the semaphore to 20.",
        "proof": Proof(capacity=5, hold_s=0.102, predicted_per_s=49.0, measured_per_s=47.8),
    }  # fmt: skip
    return Finding(**{**made, **fields})


def make_growth(steps: Sequence[StepSummary], **fields: Any) -> ResponseGrowth | None:
    """From the first to the last of the traced steps."""
    traced = [step for step in steps if step.states]
    if len(traced) < 2:
        return None
    low, high = traced[0], traced[-1]
    low_states, high_states = low.states or {}, high.states or {}
    grown_s = (high.traced_response_s or 0.0) - (low.traced_response_s or 0.0)
    rows = [
        StateGrowth(
            state=state,
            location=Location(file="app/chain.py", line=42, function="run") if state == "lock_wait" else None,
            resource="semaphore (5 permits)" if state == "lock_wait" else None,
            low_s=low_states[state],
            high_s=high_states[state],
            share=(high_states[state] - low_states[state]) / grown_s if grown_s else None,
            explained_share=(high_states[state] - low_states[state]) / grown_s if grown_s else None,
        )
        for state in high_states
    ]
    made: dict[str, Any] = {
        "low_users": low.users, "high_users": high.users, "low_response_s": low.traced_response_s,
        "high_response_s": high.traced_response_s, "rows": sorted(rows, key=lambda row: -row.grown_s),
    }  # fmt: skip
    return ResponseGrowth(**{**made, **fields})


def make_resource(steps: Sequence[StepSummary], **fields: Any) -> Resource:
    made: dict[str, Any] = {
        "id": "semaphore:1", "name": "semaphore (5 permits)", "capacity": 5.0,
        "location": Location(file="app/chain.py", line=12),
        "loads": [
            ResourceLoad(step=step.index, users=step.users, use_ratio=min(1.0, step.users / 5), waiting=0.0)
            for step in steps
        ],
    }  # fmt: skip
    return Resource(**{**made, **fields})


def make_resources(steps: Sequence[StepSummary]) -> list[Resource]:
    idle = [ResourceLoad(step=step.index, users=step.users, use_ratio=0.1) for step in steps]
    loop = make_resource(steps, id="loop", name="event loop", capacity=None, location=None, loads=idle)
    return [make_resource(steps), loop] if steps else []


def make_runnables(steps: Sequence[StepSummary]) -> list[RunnableTimes]:
    """A chain, and in it a tool that waits and a model that does not."""

    def times(name: str, kind: str, depth: int, seconds: Sequence[float]) -> RunnableTimes:
        loads = [
            RunnableLoad(step=step.index, users=step.users, mean_s=value_s, calls_per_request=1.0)
            for step, value_s in zip(steps, seconds, strict=True)
        ]
        return RunnableTimes(name=name, kind=kind, depth=depth, loads=loads)

    whole = [step.traced_response_s or 0.0 for step in steps]
    if not whole:
        return []
    return [
        times("RunnableSequence", "chain", 0, whole),
        times("look_up", "tool", 1, [value_s - 0.9 * BASE_S for value_s in whole]),
        times("ChatOpenAI", "llm", 1, [0.9 * BASE_S] * len(whole)),
    ]


def make_distribution(users: int, response_s: float) -> Distribution:
    shares = [index / 20 for index in range(21)]
    return Distribution(
        users=users, count=100, shares=shares, seconds=[response_s * (0.8 + 0.4 * q) for q in shares]
    )


def make_waterfall(name: str, response_s: float) -> Waterfall:
    wait = Segment("lock_wait", 0.01, response_s - BASE_S)
    call = Segment("provider", response_s - BASE_S, response_s)
    return Waterfall(
        name=name,
        users=50,
        trace_id="0" * 32,
        response_s=response_s,
        strip=[Segment("loop_computing", 0.0, 0.01), wait, call],
        rows=[
            WaterfallRow(
                label="RunnableSequence (chain)", depth=0, count=1, runs=[(0.0, response_s)], segments=[wait]
            ),
            WaterfallRow(
                label="ChatOpenAI (llm)", depth=1, count=2, runs=[(call.start_s, call.end_s)], segments=[call]
            ),
        ],
        hidden_count=0,
    )


def make_settings(**fields: Any) -> RunSettings:
    return RunSettings(**{"name": "chain", "target": "app/chain.py:chain", "steps": USERS, **fields})


def make_verdict(
    status: str = "saturated",
    *,
    findings: Sequence[Finding] | None = None,
    steps: Sequence[StepSummary] | None = None,
    health: Health | None = None,
    settings: RunSettings | None = None,
    **saturation: Any,
) -> Verdict:
    asked = settings or make_settings()
    run = {
        "name": asked.name, "target": asked.target, "mode": asked.mode, "duration_s": 48.25, "completed": True,
        "settings": msgspec.to_builtins(asked),
    }  # fmt: skip
    measured = list(make_steps() if steps is None else steps)
    return Verdict(
        run=run,
        saturation=make_saturation(status, **saturation),
        findings=list([make_finding()] if findings is None else findings),
        steps=measured,
        health=health or Health(),
        growth=make_growth(measured),
        resources=make_resources(measured),
        runnables=make_runnables(measured),
    )


def make_timeline(steps: Sequence[StepSummary], **fields: Any) -> Timeline:
    spans = [
        StepSpan(
            users=step.users, start_s=HOLD_S * i, end_s=HOLD_S * (i + 1), warmup_end_s=HOLD_S * i + step.warmup_s,
            throughput_per_s=step.throughput_per_s, is_steady=step.is_steady,
        )
        for i, step in enumerate(steps)
    ]  # fmt: skip
    counts = [round(step.throughput_per_s or 0) for step in steps for _ in range(int(HOLD_S))]
    made: dict[str, Any] = {
        "bin_s": 1.0, "ok_counts": counts, "error_counts": [0] * len(counts), "restarts_s": [],
        "rate_limited_counts": [0] * len(counts), "spans": spans,
    }  # fmt: skip
    return Timeline(**{**made, **fields})


def make_stuck(**fields: Any) -> StuckGroup:
    made: dict[str, Any] = {
        "count": 3, "users": [20, 50], "outcome": "hung", "longest_s": 60.0,
        "open_steps": [StepOpen(name="look_up", kind="tool", start_s=1.0)],
        "stack": [
            Frame(file="app/chain.py", line=42, function="look_up", code="await search(question)", is_user=True),
            Frame(file="lib/asyncio/locks.py", line=213, function="wait", code="await fut"),
        ],
    }  # fmt: skip
    return StuckGroup(**{**made, **fields})


def make_curve(users: Sequence[float]) -> ThroughputCurve:
    per_s = [min(n / BASE_S, 47.8) for n in users]
    return ThroughputCurve(
        users=users,
        throughput_per_s=per_s,
        low_per_s=[0.95 * x for x in per_s],
        high_per_s=[1.05 * x for x in per_s],
    )


def make_material(verdict: Verdict | None = None, **fields: Any) -> Material:
    shown = verdict or make_verdict()
    made: dict[str, Any] = {
        "verdict": shown,
        "info": RunInfo(
            settings=make_settings(), started_wall="2026-11-21T10:00:00Z", started_s=5000.0,
            environment={"chainload": "0.1.0", "python": "3.11.7"},
        ),
        "curve": make_curve([0.8, 1.0, 5.0, 20.0, 61.0]),
        "timeline": make_timeline(shown.steps) if shown.steps else None,
        "stuck": [],
        "distributions": [make_distribution(step.users, step.traced_response_s or 1.0) for step in shown.steps[-3:]],
        "waterfalls": [make_waterfall("median", 0.9), make_waterfall("slowest", 1.4)] if shown.steps else [],
    }  # fmt: skip
    return Material(**{**made, **fields})

"""Verdicts and page material made by hand, of a queue that serves so many a second: for tests of words and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from harness.records import Frame, StepOpen
from harness.run_directory import RunInfo
from harness.settings import RunSettings
from reports.material import Material, StepSpan, StuckGroup, Timeline
from reports.saturation import ThroughputCurve
from reports.verdict import Evidence, Finding, Health, Location, Proof, Saturation, StepSummary, Verdict

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
    }  # fmt: skip
    return StepSummary(**{**made, **fields})


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
    return Verdict(
        run=run,
        saturation=make_saturation(status, **saturation),
        findings=list([make_finding()] if findings is None else findings),
        steps=list(make_steps() if steps is None else steps),
        health=health or Health(),
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
    }  # fmt: skip
    return Material(**{**made, **fields})

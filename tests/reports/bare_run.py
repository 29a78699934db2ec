"""Run directories written record by record: for tests of what a few invocations did.

``BareRun(path)`` collects; ``call`` adds an invocation with its sample and its calls at the provider.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthetic_run import ORIGIN_S, write_stream

from harness.probe_records import ProbeRecord
from harness.records import Event, Frame, Invocation, Sample
from harness.run_directory import RunDirectory, RunInfo
from harness.settings import RunSettings
from harness.tracing import canary_of
from mock_provider.records import Attempt
from reports.analysis import analyse
from reports.verdict import Finding

STEP_S = 10.0


class BareRun:
    """One run of several steps, each of ten seconds."""

    def __init__(self, path: Path, *, steps: tuple[int, ...] = (1, 4), **settings: Any) -> None:
        self.run = RunDirectory.create(path)
        base: dict[str, Any] = {
            "name": "bare",
            "target": "app/chain.py:chain",
            "steps": steps,
            "hold_s": STEP_S,
        }
        self.run.write_info(
            RunInfo(
                settings=RunSettings(**(base | settings)),
                started_wall="2026-11-21T10:00:00Z",
                started_s=ORIGIN_S,
            )
        )
        self.steps = steps
        self.samples: list[Sample] = []
        self.invocations: list[Invocation] = []
        self.attempts: list[Attempt] = []
        self.probes: list[ProbeRecord] = []

    def start_of(self, step: int) -> float:
        return ORIGIN_S + 1 + step * (STEP_S + 1)

    def call(
        self,
        step: int,
        user: int,
        number: int,
        *,
        at_s: float,
        seconds: float = 0.2,
        calls: list[dict[str, Any]] | None = None,
        outcome: str = "ok",
        error: str | None = None,
        stack: list[Frame] | None = None,
        answered: list[str] | None = None,
    ) -> str:
        """An invocation, ``at_s`` after its step began; ``calls``: fields of its attempts, at_s and seconds too."""
        trace = self.trace_id(step, user, number)
        start_s = self.start_of(step) + at_s
        end_s = start_s + seconds
        ended: dict[str, Any] = {"ok": ("ok", 200), "error": ("error", 500)}
        sampled, status = ended.get(outcome, ("timeout", 504))
        self.samples.append(
            Sample(
                trace_id=trace, step=step, user=user, sequence=number, due_s=start_s, start_s=start_s, end_s=end_s,
                outcome=sampled, status=status, error=error,
            )
        )  # fmt: skip
        self.invocations.append(
            Invocation(
                trace_id=trace, step=step, user=user, sequence=number, mode="ainvoke", start_s=start_s, end_s=end_s,
                outcome=outcome, error=error, stack=stack or [], canaries_seen=answered or [],  # type: ignore[arg-type]
            )
        )  # fmt: skip
        for call in calls if calls is not None else [{}]:
            self._attempt(trace, start_s, seconds, dict(call))
        return trace

    def _attempt(self, trace: str, start_s: float, seconds: float, call: dict[str, Any]) -> None:
        received_s = start_s + call.pop("at_s", 0.001)
        end_s = received_s + call.pop("seconds", seconds / 2)
        fields: dict[str, Any] = {
            "endpoint": "chat.completions", "outcome": "ok", "status": 200, "retry_count": 0, "prompt_chars": 50,
            "prompt_tokens": 12, "prompt_hash": f"{len(self.attempts):x}", "canaries": [canary_of(trace)],
            "in_flight": 1, "connection_request": len(self.attempts), "achieved_s": end_s - received_s,
        }  # fmt: skip
        self.attempts.append(
            Attempt(
                ordinal=len(self.attempts),
                trace_id=trace,
                received_s=received_s,
                end_s=end_s,
                **(fields | call),
            )
        )

    @staticmethod
    def trace_id(step: int, user: int, number: int) -> str:
        return f"{step:08x}{user:08x}{number:016x}"

    def finish(self) -> RunDirectory:
        """Write everything down."""
        events = [Event(at_s=ORIGIN_S, kind="run_started")]
        for index, users in enumerate(self.steps):
            start_s = self.start_of(index)
            events.append(Event(at_s=start_s, kind="step_started", step=index, users=users))
            events.append(Event(at_s=start_s + STEP_S, kind="step_ended", step=index, data={"in_flight": 0}))
            events.append(Event(at_s=start_s + STEP_S + 0.5, kind="step_drained", step=index))
        end_s = self.start_of(len(self.steps))
        events.append(Event(at_s=end_s, kind="run_ended", data={"completed": True}))
        for name in ("samples", "invocations", "probes"):
            write_stream(self.run.file(f"{name}.jsonl"), getattr(self, name))
        write_stream(self.run.file("events.jsonl"), events)
        write_stream(self.run.file("provider.jsonl"), self.attempts)
        return self.run

    def findings(self) -> list[Finding]:
        return analyse(self.finish()).verdict.findings

    def causes(self) -> list[str]:
        return [finding.cause for finding in self.findings()]

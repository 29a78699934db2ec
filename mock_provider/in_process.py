"""The engine for callers in the same process: what the server does, without a socket.

Decides and keeps the ledger; whoever drives it does the waiting, in a thread or in a coroutine.  Safe from any thread.
"""

from __future__ import annotations

import threading
import time

from mock_provider.capacity import Starter
from mock_provider.engine import Engine
from mock_provider.faults.fault import CuttingFault
from mock_provider.incoming import Incoming
from mock_provider.plan import PlanError
from mock_provider.plan_schema import Plan
from mock_provider.records import Attempt, AttemptOutcome
from mock_provider.serving import Entry, Serving


class InProcessProvider:
    """One plan at work on requests handed in.  Raises PlanError for faults that need a socket."""

    def __init__(self, plan: Plan) -> None:
        refuse_wire_faults(plan)
        self._engine = Engine(plan, start_s=time.monotonic())
        self._lock = threading.RLock()
        self._next_ordinal = 0
        self._in_flight = 0
        self._attempts: list[Attempt] = []

    @property
    def attempts(self) -> list[Attempt]:
        """Every request that has ended, in the order of their ends."""
        with self._lock:
            return list(self._attempts)

    def receive(self, incoming: Incoming) -> Serving:
        """A request has come."""
        incoming.received_s = time.monotonic()
        with self._lock:
            self._in_flight += 1
            serving = Serving(ordinal=self._next_ordinal, incoming=incoming, in_flight=self._in_flight)
            self._next_ordinal += 1
        return serving

    def enter(self, serving: Serving, start: Starter) -> Entry:
        """See Serving.enter; ``start`` may be called from any thread, and must not wait."""
        with self._lock:
            return serving.enter(self._engine, created=int(time.time()), start=start)

    def start(self, serving: Serving) -> None:
        """A queued request has its slot."""
        with self._lock:
            serving.start(self._engine, time.monotonic())

    def end(self, serving: Serving, outcome: AttemptOutcome, start: Starter) -> None:
        """Write it down; the next one's turn."""
        with self._lock:
            self._in_flight -= 1
            serving.outcome, serving.end_s = outcome, time.monotonic()
            self._attempts.append(serving.make_attempt())
            serving.leave(self._engine, start)


def refuse_wire_faults(plan: Plan) -> None:
    """Raise PlanError that names every fault of the plan that means nothing without a socket."""
    problems = []
    for fault, name in zip(plan.faults, plan.rule_names, strict=True):
        if not fault.in_process:
            problems.append(
                f"{name}: {fault.kind} needs a real connection; use the server instead of the router"
            )
        elif isinstance(fault, CuttingFault) and fault.after_head_bytes is not None:
            problems.append(
                f"{name}: after_head_bytes needs a real connection; use the server instead of the router"
            )
    if problems:
        raise PlanError(problems)

"""One step after the other: users, gate, window, drain, a target fit for the next.  Runs under gevent in the leader.

Every wait is bounded: a target that hangs, blocks or never drains costs a step a few seconds more, not the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import gevent

from harness.load.control import ask_status, cancel_all
from harness.load.crew import Crew
from harness.load.orders import GateState, Orders
from harness.load.recorder import Recorder
from harness.load.service import Service
from harness.load.step_length import StepLength
from harness.load.step_source import StepSource
from harness.settings import RunSettings
from harness.step_orders import StepOrder

POLL_S = 0.05
OBEY_S = 5.0  # for workers to answer; they report four times a second
CUT_S = 5.0  # for requests that are cut off to end
STATUS_S = 3.0  # a target that does not say how it is in this time is blocked
SETTLE_S = 5.0  # for what was cancelled, or is still at work, to end
CANCEL_WAIT_S = 2.0
SILENT = f"the target did not answer within {STATUS_S:g} s"


class TargetOwner(Protocol):
    """Whoever can start the target anew."""

    def start_target(self) -> Service: ...
    def check_alive(self) -> None: ...


class StepRunner:
    """Runs the steps of one run and records when each began, ended and was drained."""

    def __init__(
        self,
        settings: RunSettings,
        service: Service,
        source: StepSource,
        *,
        run: str,
        machine: str,
        owner: TargetOwner,
        crew: Crew,
        recorder: Recorder,
        set_users: Callable[[int], int],
    ) -> None:
        self.phase = "starting"
        self.step = 0
        self.order: StepOrder | None = None  # of the step; None before the first
        self.step_start_s: float | None = None
        self.unfit: str | None = None  # why the target is not fit for more, after the last step
        self._settings = settings
        self._source = source
        self._owner = owner
        self._crew = crew
        self._recorder = recorder
        self._set_users = set_users
        self._orders = Orders(run=run, serial=0, settings=settings, service=service, machine=machine)

    @property
    def users(self) -> int:
        return self.order.users if self.order else 0

    @property
    def service(self) -> Service:
        return self._orders.service

    @property
    def step_count(self) -> int:
        """Steps begun, and those known to come."""
        return self.step + (self.order is not None) + self._source.later_count

    @property
    def remaining_s(self) -> float:
        """Of the windows still to come, drains left out."""
        here_s = self.order.hold_s if self.order else 0.0
        if self.phase == "hold" and self.step_start_s is not None:
            here_s = max(here_s - (time.monotonic() - self.step_start_s), 0.0)
        elif self.phase != "starting":
            here_s = 0.0
        return here_s + self._source.later_s

    def run(self) -> None:
        """All steps.  Raises ChainloadError when provider or target die, or the target cannot be restarted."""
        step, order, unfit = 0, self._source.next_order(), None
        while order is not None:
            if unfit is not None:
                self._restart_target(step - 1, unfit)
            self.step, self.order = step, order
            self._start(order)
            self._hold(order)
            in_flight = self._close(step)
            unfit = self._drain(step, in_flight)
            self.phase = "choosing the next step"
            step, order = step + 1, self._source.next_order()
        self.unfit = unfit
        if unfit is not None:
            self._notice(f"after the last step {unfit}")

    def give_up(self) -> None:
        """Close the gate and cut off what is in flight, so that it is recorded."""
        self._order("cut")
        if self._orders.service.is_controlled:
            cancel_all(self._orders.service, wait_s=0.0, timeout_s=1.0)
        self._wait(CUT_S, self._is_cut, watch=False)

    # ---- the parts of a step ----

    def _start(self, order: StepOrder) -> None:
        step = self.step
        self.phase = "starting"
        self._order("closed", step)
        users = self._set_users(order.users)
        if users != order.users:
            self._notice(f"only {users} of {order.users} users could be started for step {step + 1}")
        self._crew.find_changes()  # workers that come and go between steps do not matter
        self.phase, self.step_start_s = "hold", time.monotonic()
        self._order("open", step)
        self._recorder.event(
            "step_started", at_s=self.step_start_s, step=step, users=order.users, data=_describe(order)
        )

    def _hold(self, order: StepOrder) -> None:
        assert self.step_start_s is not None
        length = StepLength(order, self.step_start_s)
        self._recorder.on_sample = length.take
        while not length.is_over(now_s := time.monotonic()):
            left_s = self.step_start_s + order.hold_s - now_s
            gevent.sleep(min(left_s, POLL_S) if left_s > 0 else POLL_S)
            self._look_around()
        self._recorder.on_sample = None

    def _close(self, step: int) -> int:
        """Returns how many requests were in flight when the gate closed."""
        end_s = time.monotonic()
        self._order("closed", step)
        self.phase = "draining"
        self._wait(OBEY_S, lambda: self._crew.has_obeyed)
        in_flight = self._crew.in_flight
        self._recorder.event(
            "step_ended", at_s=end_s, step=step, users=self.users, data={"in_flight": in_flight}
        )
        return in_flight

    def _drain(self, step: int, in_flight: int) -> str | None:
        """Returns why the target is not fit for a step after this one; None when it is."""
        start_s = time.monotonic()
        self._wait(self._settings.drain_s, lambda: self._crew.in_flight == 0)
        censored, cancelled = self._crew.in_flight, None
        if censored:
            cancelled = self._cut(step)
        self._recorder.event(
            "step_drained",
            step=step,
            users=self.users,
            data={
                "drained": in_flight - censored,
                "censored": censored,
                "cancelled": cancelled,
                "waited_s": time.monotonic() - start_s,
            },
        )
        if not self._orders.service.is_controlled:
            return None
        is_silent = bool(censored) and cancelled is None
        return SILENT if is_silent else self._find_unfitness(cancelled=bool(censored))

    def _cut(self, step: int) -> int | None:
        """Cut off what is left; returns how many invocations the target cancelled, None when it does not say."""
        self._order("cut", step)
        service, cancelled = self._orders.service, None
        if service.is_controlled:
            cancelled = cancel_all(service, wait_s=CANCEL_WAIT_S, timeout_s=STATUS_S)
        self._wait(CUT_S, self._is_cut)
        return cancelled

    def _restart_target(self, step: int, why: str) -> None:
        """So that one step's work does not weigh on the next.  why: it is not fit after ``step``."""
        self._owner.check_alive()
        self.phase = "restarting the target"
        self._order("closed", step, service=self._owner.start_target())
        self._recorder.event(
            "target_restarted",
            step=step,
            message=f"after step {step + 1} {why}; the target was started anew for the next step",
        )

    def _find_unfitness(self, *, cancelled: bool) -> str | None:
        """Why the target is not fit for the next step; None when it is.

        cancelled: it has been told to cancel already.
        """
        service = self._orders.service
        status = ask_status(service, timeout_s=STATUS_S)
        if status is not None and not status.is_idle and not cancelled:
            cancel_all(service, wait_s=CANCEL_WAIT_S, timeout_s=STATUS_S)
        until_s = time.monotonic() + SETTLE_S
        while status is not None and not status.is_idle and time.monotonic() < until_s:
            gevent.sleep(POLL_S)
            status = ask_status(service, timeout_s=STATUS_S)
        if status is None:
            return SILENT
        return None if status.is_idle else (
            f"{status.in_flight + status.lingering} invocations were still at work in the target, {SETTLE_S:g} s after "
            "they were cancelled"
        )  # fmt: skip

    # ---- small things ----

    def _order(self, gate: GateState, step: int | None = None, *, service: Service | None = None) -> None:
        before = self._orders
        self._orders = Orders(
            run=before.run,
            serial=before.serial + 1,
            settings=before.settings,
            service=service or before.service,
            machine=before.machine,
            step=before.step if step is None else step,
            gate=gate,
            arrivals_per_s=self.order.arrivals_per_s if self.order else None,
        )
        self._crew.order(self._orders)

    def _is_cut(self) -> bool:
        return self._crew.has_obeyed and self._crew.in_flight == 0

    def _wait(self, limit_s: float, is_done: Callable[[], bool], *, watch: bool = True) -> None:
        until_s = time.monotonic() + limit_s
        while not is_done() and time.monotonic() < until_s:
            gevent.sleep(min(POLL_S, max(until_s - time.monotonic(), 0.0)))
            if watch:
                self._look_around()

    def _look_around(self) -> None:
        for change in self._crew.find_changes():
            self._notice(change)
        self._owner.check_alive()

    def _notice(self, message: str) -> None:
        self._recorder.event("notice", step=self.step, message=message)


def _describe(order: StepOrder) -> dict[str, Any]:
    """As ``data`` of the event that begins the step."""
    return {
        "purpose": order.purpose,
        "hold_s": order.hold_s,
        "arrivals_per_s": order.arrivals_per_s,
        "note": order.note,
    }

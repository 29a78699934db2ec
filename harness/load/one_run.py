"""One run from its first record to its last: directory, children, steps, and an end in every case.

Runs under gevent in the process that leads.  Whatever happens, what was measured is written, ``run_ended`` is the last
event, and no process is left.
"""

from __future__ import annotations

import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any

import gevent
import msgspec
from gevent.event import Event as Done
from gevent.queue import Queue
from locust.runners import Runner

from harness.children import Ready, say_ready
from harness.errors import BadInputError, ChainloadError, ExitCode, LoadError, ProviderError, TargetError
from harness.load.advisor import Advisor
from harness.load.control import ask_rate_limited_count
from harness.load.crew import Crew
from harness.load.machine import describe_environment, machine_id
from harness.load.open_loop_steps import (
    CHECK_COST_S,
    CHECK_S,
    SHORTEST_MAX_S,
    ArrivalLadder,
    ThenOpenLoop,
)
from harness.load.ordered_steps import make_source
from harness.load.owner import Owner
from harness.load.probe_trial import compare_probes
from harness.load.recorder import Recorder
from harness.load.refined_ladder import RefinedLadder
from harness.load.step_source import StepSource
from harness.load.steps import StepRunner
from harness.run_directory import RunDirectory, RunInfo
from harness.settings import RunSettings
from harness.step_orders import Advice

PROGRESS_EVERY_S = 0.5
SPAWN_LIMIT_S = 15.0
SPAWN_LIMIT_PER_USER_S = 0.02
STOP_LIMIT_S = 20.0
PARTS: tuple[tuple[type[ChainloadError], str], ...] = ((TargetError, "target"), (ProviderError, "mock"))


class OneRun:
    """Leads a run in a greenlet of its own; Locust's shape asks it for the number of users."""

    def __init__(self, settings: RunSettings, directory: RunDirectory, *, crew: Crew, runner: Runner) -> None:
        """Raises RunDirectoryError when the directory cannot be written."""
        self.directory = directory
        self.recorder = Recorder(directory)
        self.exit_code: ExitCode | None = None  # None while it runs
        self._settings = settings
        self._crew = crew
        self._runner = runner
        self._owner = Owner(settings, directory, self.recorder)
        self._steps: StepRunner | None = None
        self._advisor: Advisor | None = None
        self._source = make_source(directory, otherwise=self._make_ladder())
        self._wanted_users: Queue[tuple[int, float] | None] = Queue()
        self._rate_limited_count: int | None = None
        self._done = Done()
        self._is_ending = False
        self._leader = gevent.spawn(self._lead)
        self._reader = gevent.spawn(self._read_progress)

    def next_users(self) -> tuple[int, float] | None:
        """Users and spawn rate, when they change; None at the end.  Blocks until then."""
        users: tuple[int, float] | None = self._wanted_users.get()
        return users

    def wait(self) -> None:
        """Until everything is written and stopped."""
        self._done.wait()

    def interrupt(self, why: str, *, locust_is_stopping: bool) -> None:
        """End now; what is in flight is recorded as cut off.  Returns when it has ended.

        locust_is_stopping: the shape need not be told, Locust is about to kill its greenlet.
        """
        if self._is_ending:
            self.wait()
            return
        self._is_ending = True
        self._leader.kill(block=True, timeout=STOP_LIMIT_S)
        self.recorder.event("interrupted", step=self._steps.step if self._steps else None, message=why)
        self._end(ExitCode.INTERRUPTED)
        if not locust_is_stopping:
            self._wanted_users.put(None)

    def fail(self, error: ChainloadError) -> None:
        """End because it cannot go on."""
        if self._is_ending:
            return
        self._is_ending = True
        part = next((name for kind, name in PARTS if isinstance(error, kind)), "load")
        self.recorder.event(
            "failed", message=str(error), data={"exit_code": int(error.exit_code), "part": part}
        )
        say_ready(Ready(failure=str(error), exit_code=int(error.exit_code)))
        say(str(error))
        self._end(error.exit_code)
        self._wanted_users.put(None)

    def abandon(self) -> None:
        """Stop the children at once; nothing more is recorded."""
        self._owner.stop()

    # ---- where its steps come from ----

    def _make_ladder(self) -> StepSource:
        settings = self._settings
        if settings.arrivals_per_s:
            return ArrivalLadder(settings)
        has_check = settings.max_s >= SHORTEST_MAX_S
        ladder = RefinedLadder(
            msgspec.structs.replace(settings, max_s=settings.max_s - has_check * (CHECK_S + CHECK_COST_S)),
            ask=self._ask_advice,
            notice=lambda message: self.recorder.event("notice", message=message),
        )
        return (
            ThenOpenLoop(ladder, settings, measured=self.recorder.highest_throughput) if has_check else ladder
        )

    def _ask_advice(self) -> Advice:
        self.recorder.flush()  # it is read from the run directory
        if self._advisor is None:
            self._advisor = Advisor(self.directory)
        return self._advisor.ask()

    # ---- the leader's greenlet ----

    def _lead(self) -> None:
        try:
            self._begin()
            assert self._steps is not None
            self._steps.run()
            self._steps.phase = "comparing probes"
            compare_probes(self._settings, self._steps.service, self.recorder, unfit=self._steps.unfit)
        except ChainloadError as error:
            self.fail(error)
        except Exception as error:  # the edge of the run: its records are kept, its children stopped
            traceback.print_exc()
            self.fail(LoadError(f"the load process failed: {type(error).__name__}: {error}; see load.log"))
        else:
            self._is_ending = True
            self._end(ExitCode.OK)
            self._wanted_users.put(None)

    def _begin(self) -> None:
        now = datetime.now(UTC)
        self.directory.write_info(
            RunInfo(
                settings=self._settings,
                started_wall=now.isoformat(),
                started_s=time.monotonic(),
                environment=describe_environment(),
            )
        )
        self.recorder.event("run_started", data={"wall_clock": now.isoformat()})
        self._check_crew()
        if self._settings.max_s and not self._settings.arrivals_per_s:
            self._advisor = Advisor(self.directory)  # now, so that it is there when the ladder is done
        service = self._owner.start()
        self._steps = StepRunner(
            self._settings,
            service,
            self._source,
            run=f"{self.directory.path.absolute()}@{time.monotonic()}",
            machine=machine_id(),
            owner=self._owner,
            crew=self._crew,
            recorder=self.recorder,
            set_users=self._set_users,
        )
        say_ready(Ready())

    def _check_crew(self) -> None:
        if not self._runner_is_able():
            raise BadInputError(
                "no load worker is connected; start some with `locust -f FILE --worker` on this machine first"
            )

    def _runner_is_able(self) -> bool:
        workers: Any = getattr(self._runner, "worker_count", 1)
        return bool(workers)

    def _set_users(self, users: int) -> int:
        """Have Locust start users until there are so many; returns how many there are."""
        # All at once: they wait at the gate, so nothing is sent in a burst that the step would not send anyway.
        self._wanted_users.put((users, max(abs(users - self._runner.user_count), 1)))
        until_s = time.monotonic() + SPAWN_LIMIT_S + users * SPAWN_LIMIT_PER_USER_S
        while self._runner.user_count != users and time.monotonic() < until_s:
            gevent.sleep(0.02)
            self._owner.check_alive()
        return self._runner.user_count

    # ---- the end ----

    def _end(self, code: ExitCode) -> None:
        if self._steps is not None and code is not ExitCode.OK:
            self._steps.give_up()
        self._reader.kill(block=True)
        if self._advisor is not None:
            self._advisor.stop()
        self._owner.stop()
        problem = self.recorder.find_write_problem()
        if problem:
            self.recorder.event("notice", message=problem)
            say(problem)
        self.recorder.event("run_ended", data={"completed": code is ExitCode.OK})
        self.recorder.close()
        self.exit_code = code
        self._done.set()

    # ---- the progress greenlet ----

    def _read_progress(self) -> None:
        while True:
            steps = self._steps
            if steps is not None and self._owner.mock is not None:
                mock = self._owner.mock
                count = ask_rate_limited_count(mock, timeout_s=PROGRESS_EVERY_S)
                self._rate_limited_count = self._rate_limited_count if count is None else count
            self._write_progress(steps)
            gevent.sleep(PROGRESS_EVERY_S)

    def _write_progress(self, steps: StepRunner | None) -> None:
        self.recorder.progress(
            step=steps.step if steps else 0,
            step_count=steps.step_count if steps else self._source.later_count,
            step_start_s=steps.step_start_s if steps else None,
            users=(steps.users if steps else 0) or self._settings.steps[0],
            remaining_s=steps.remaining_s if steps else self._source.later_s,
            in_flight=self._crew.in_flight,
            rate_limited_count=self._rate_limited_count,
            phase=steps.phase if steps else "starting",
            order=steps.order if steps else None,
            is_open_ended=bool(self._settings.max_s or self._settings.adapts_hold),
        )


def say(message: str) -> None:
    """Say it to whoever started us."""
    sys.stderr.write(f"chainload: {message}\n")
    sys.stderr.flush()

"""Where chainload meets Locust: what happens at Locust's start, at each test, and at its end.

In a worker process it takes orders; anywhere else it leads: it checks the input, makes runs, and ends them in every
case, Ctrl-C and the death of whoever started us included.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import gevent
import locust
import msgspec
from gevent.socket import wait_read
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner
from locust.stats import CSV_STATS_INTERVAL_SEC

from harness.children import Ready, say_ready, take_lifeline
from harness.errors import BadInputError, ChainloadError, ExitCode, LoadError
from harness.load.crew import Crew, LocalCrew, RemoteCrew
from harness.load.machine import allow_open_files
from harness.load.one_run import OneRun, say
from harness.load.orders import Report
from harness.load.reporting import WorkerLink
from harness.load.scenario import Scenario, convert_settings
from harness.load.shape import StepShape
from harness.load.worker import Worker
from harness.options import find_loopback_problem
from harness.run_directory import RunDirectory
from harness.run_naming import make_run_directory
from harness.settings import RunSettings

RUN_DIRECTORY_VARIABLE = "CHAINLOAD_RUN_DIR"
REQUEST_VARIABLE = "CHAINLOAD_REQUEST"
EXIT_LIMIT_S = 30.0  # after a signal; then the process leaves as it is
PARENT_POLL_S = 1.0


class LoadPlugin:
    """One scenario in one Locust process."""

    def __init__(self, scenario: Scenario, file: Path | None) -> None:
        self.scenario = scenario
        self.file = file
        self.worker: Worker
        self._environment: Environment
        self._crew: Crew
        self._settings: RunSettings
        self._run: OneRun | None = None
        self._last_directory: RunDirectory | None = None
        self._has_web_page = False
        self._signalled = False

    def attach(self) -> None:
        """Have Locust call us when it is ready.  Until then nothing is opened or started."""
        events: Any = locust.events
        events.init.add_listener(self._on_init)

    def next_users(self) -> tuple[int, float] | None:
        """What the shape answers: users and spawn rate when they change, None at the end of the run."""
        if self._run is None:
            try:
                self._run = self._begin_run()
            except ChainloadError as error:
                self._refuse(error)
                return None
        users = self._run.next_users()
        if users is None:
            self._take_leave_of_run()
        return users

    # ---- Locust's start ----

    def _on_init(self, environment: Environment, runner: Runner, web_ui: Any = None, **_: Any) -> None:
        self._environment = environment
        if isinstance(runner, WorkerRunner):
            self._follow(runner)
            return
        try:
            self._settings = self._read_settings()
            self._check(environment)
        except ChainloadError as error:
            self._refuse(error)
            raise SystemExit(int(error.exit_code)) from error
        self._has_web_page = web_ui is not None
        self._crew = self._make_crew(runner)
        events: Any = environment.events
        events.test_start.add_listener(self._on_test_start)
        events.test_stopping.add_listener(self._on_test_stopping)
        events.quitting.add_listener(self._on_quitting)
        for number in (signal.SIGINT, signal.SIGTERM):
            gevent.signal_handler(number, self._on_signal)
        self._watch_lifeline()

    def _follow(self, runner: WorkerRunner) -> None:
        link = WorkerLink(runner)
        self.worker = link.worker
        self._environment.process_exit_code = 0  # failed requests are measurements
        events: Any = self._environment.events
        events.quitting.add_listener(lambda **_: link.leave())
        events.test_stop.add_listener(lambda **_: link.flush())
        # Python's own handler would break off whatever code runs, with a traceback.
        gevent.signal_handler(signal.SIGINT, _end_worker, link)
        if getattr(self._environment.parsed_options, "processes", None):
            gevent.spawn(_end_with_parent, os.getppid())

    def _make_crew(self, runner: Runner) -> Crew:
        if isinstance(runner, MasterRunner):
            return RemoteCrew(runner, on_report=self._take_report)
        self.worker = Worker(
            on_sample=lambda sample: self._record(lambda run: run.recorder.sample(sample)),
            on_health=lambda health: self._record(lambda run: run.recorder.health(health)),
        )
        return LocalCrew(self.worker)

    def _read_settings(self) -> RunSettings:
        settings = self.scenario.settings(self.file)
        request = os.environ.get(REQUEST_VARIABLE)
        if request:
            try:
                given = msgspec.json.decode(Path(request).read_bytes(), type=dict[str, Any])
            except (OSError, msgspec.DecodeError) as error:
                raise BadInputError(f"the request {request} cannot be read: {error}") from error
            settings = convert_settings(msgspec.structs.asdict(settings) | given)
        if not settings.target:
            raise BadInputError("no target is given; start this with `chainload run TARGET`")
        return settings.check()

    def _check(self, environment: Environment) -> None:
        problem = find_loopback_problem(self._settings.target) if self._settings.is_url else None
        if problem:
            raise BadInputError(problem)
        if not self._is_mine(environment):
            raise BadInputError(
                "the load shape of this test is not the scenario's; name the class that locust_classes returns "
                "StepShape in the locustfile, define no other, and give one scenario at a time"
            )
        allow_open_files(self._settings.most_users)

    def _is_mine(self, environment: Environment) -> bool:
        shape = environment.shape_class
        return isinstance(shape, StepShape) and shape.plugin is self

    # ---- a run ----

    def _begin_run(self) -> OneRun:
        given = os.environ.get(RUN_DIRECTORY_VARIABLE)
        if given:
            directory = RunDirectory(Path(given))
        else:
            directory = make_run_directory(self._settings.name, out=None, now=datetime.now())
            say(f"run directory: {directory.path}")
        self._last_directory = directory
        if self._environment.runner is None:
            raise LoadError("Locust has no runner")
        return OneRun(self._settings, directory, crew=self._crew, runner=self._environment.runner)

    def _record(self, write: Callable[[OneRun], None]) -> None:
        if self._run is not None and self._run.exit_code is None:
            write(self._run)

    def _take_report(self, report: Report) -> None:
        run = self._run
        if run is None or run.exit_code is not None:
            return
        for sample in report.samples:
            run.recorder.sample(sample)
        for health in report.health:
            run.recorder.health(health)
        if report.problem:
            gevent.spawn(run.fail, BadInputError(report.problem))

    def _take_leave_of_run(self) -> None:
        run, self._run = self._run, None
        if run is None or run.exit_code is None:
            return
        self._environment.process_exit_code = int(run.exit_code)
        if self._has_web_page:
            gevent.spawn(self._report)

    def _refuse(self, error: ChainloadError) -> None:
        say_ready(Ready(failure=str(error), exit_code=int(error.exit_code)))
        say(str(error))
        self._environment.process_exit_code = int(error.exit_code)

    def _report(self) -> None:
        """Print the verdict and write the report, in a process of its own: its libraries have no place in this one."""
        directory, self._last_directory = self._last_directory, None
        if directory is None or os.environ.get(RUN_DIRECTORY_VARIABLE):
            return  # whoever gave us the directory reports
        command = [sys.executable, "-P", "-m", "harness", "report", str(directory.path)]
        code = subprocess.run(command, check=False).returncode
        if code and not self._environment.process_exit_code:
            self._environment.process_exit_code = code

    # ---- Locust's events ----

    def _on_test_start(self, environment: Environment, **_: Any) -> None:
        if not self._is_mine(environment):
            say("this test has no steps, so no user will send; choose StepShape as the shape class")

    def _on_test_stopping(self, **_: Any) -> None:
        self._interrupt("the test was stopped")

    def _on_quitting(self, **_: Any) -> None:
        self._interrupt("Locust is quitting")
        if getattr(self._environment.parsed_options, "csv_prefix", None):
            gevent.sleep(
                CSV_STATS_INTERVAL_SEC * 1.2
            )  # Locust writes its CSV by the clock only: the end would be lost
        if not self._has_web_page:
            self._report()

    def _interrupt(self, why: str) -> None:
        run = self._run
        if run is None:
            return
        if isinstance(self._crew, RemoteCrew) and self._crew.has_lost_all and run.exit_code is None:
            run.fail(LoadError("every load worker is gone; what they sent before is recorded"))
        run.interrupt(why, locust_is_stopping=True)
        self._take_leave_of_run()

    # ---- signals, and the end of whoever started us ----

    def _on_signal(self) -> None:
        run = self._run
        if self._signalled:  # a second time: at once
            if run is not None:
                run.abandon()
            os._exit(int(ExitCode.INTERRUPTED))
        self._signalled = True
        gevent.spawn_later(EXIT_LIMIT_S, os._exit, int(ExitCode.INTERRUPTED))
        if run is not None:
            run.interrupt("interrupted", locust_is_stopping=self._has_web_page)
        self._environment.process_exit_code = int(ExitCode.INTERRUPTED)
        if run is None or self._has_web_page:
            # Without a run under way nothing else ends Locust's main greenlet.
            gevent.get_hub().handle_system_error(*_ending(self._has_web_page))

    def _watch_lifeline(self) -> None:
        descriptor = take_lifeline()
        if descriptor is not None:
            gevent.spawn(self._end_with_starter, descriptor)

    def _end_with_starter(self, descriptor: int) -> None:
        wait_read(descriptor)  # nothing is ever written to it: readable means closed
        self._on_signal()


def _ending(can_shut_down: bool) -> tuple[type[BaseException], BaseException]:
    """Locust shuts down in order on KeyboardInterrupt when it waits for it; before, it would print a traceback."""
    error = KeyboardInterrupt() if can_shut_down else SystemExit(int(ExitCode.INTERRUPTED))
    return type(error), error


def _end_worker(link: WorkerLink) -> None:
    link.leave()
    gevent.get_hub().handle_system_error(*_ending(can_shut_down=True))


def _end_with_parent(parent: int) -> None:
    """For a worker forked by Locust: it would look for its dead master for a minute."""
    while os.getppid() == parent:
        gevent.sleep(PARENT_POLL_S)
    os._exit(int(ExitCode.FAILED_TO_RUN))

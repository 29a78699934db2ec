"""The provider and the target of one run, and who starts, restarts and stops them.  Runs under gevent in the leader.

Nothing is owned before Locust has forked its workers: a lifeline held twice would not end with us.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from harness.children import Child, Ready
from harness.errors import ProviderError, TargetError
from harness.load.deployed_probes import DeployedProbes, fetch_probes
from harness.load.recorder import Recorder
from harness.load.service import Service, ServiceKind, service_of_url
from harness.run_directory import RunDirectory
from harness.settings import RunSettings
from harness.target_environment import target_environment

MOCK_READY_S = 60.0
TARGET_READY_S = 180.0  # imports of large libraries on a busy machine
LOOPBACK = "127.0.0.1"


class Owner:
    """Starts the provider, then the target; both end with this process, however it ends."""

    def __init__(self, settings: RunSettings, directory: RunDirectory, recorder: Recorder) -> None:
        self.mock: Service | None = None
        self._settings = settings
        self._directory = directory
        self._recorder = recorder
        self._mock: Child | None = None
        self._target: Child | None = None
        self._probes: DeployedProbes | None = None

    def start(self) -> Service:
        """Returns where the target is.  Raises ProviderError or TargetError with their own words."""
        if self._settings.is_url:
            return self._meet_service()
        self._start_mock(self._settings.mock_port or 0)
        return self.start_target()

    def start_target(self) -> Service:
        """A fresh target process; the one before is stopped first.  Raises TargetError."""
        if self._target is not None:
            self._target.stop()
        assert self.mock is not None
        environment = target_environment(os.environ, mock_port=self.mock.port, settings=self._settings)
        self._target = Child(
            "target",
            [sys.executable, "-P", "-m", "harness.target", str(self._directory.path.absolute())],
            ready_file=self._directory.file("target.ready.json").absolute(),
            log_file=self._directory.file("target.log").absolute(),
            environment=environment,
            working_directory=Path(self._settings.working_directory),
        )
        ready = self._target.wait_until_ready(TARGET_READY_S, error=TargetError)
        self._recorder.event("target_ready", data={"port": ready.port, "pid": self._target.pid} | ready.data)
        kind: ServiceKind = "asgi" if ready.data.get("kind") == "asgi" else "runnable"
        return Service(host=LOOPBACK, port=_port(ready), kind=kind)

    def check_alive(self) -> None:
        """Raises ProviderError or TargetError when one of them has died."""
        for child, error in ((self._mock, ProviderError), (self._target, TargetError)):
            if child is not None and child.exit_code is not None:
                raise error(f"the {child.name} process died with code {child.exit_code}{child.last_words()}")

    def stop(self) -> None:
        """Target first: what it has open at the provider is then seen to end."""
        if self._probes is not None:
            self._probes.stop()
            self._probes = None
        for child in (self._target, self._mock):
            if child is not None:
                child.stop()

    def _meet_service(self) -> Service:
        """A service already running: its provider, when it knows the port, and its probes, when we have the token."""
        settings = self._settings
        if settings.mock_port is not None:
            self._start_mock(settings.mock_port)
        elif settings.mock_plan or settings.mock_set:
            self._notice(
                "the target is a URL and there is no --mock-port: chainload starts no provider for it, the mock "
                "settings are not used"
            )
        service = service_of_url(settings.target)
        self._probes = fetch_probes(service, self._directory.file("probes.jsonl"), self._notice)
        return service

    def _notice(self, message: str) -> None:
        self._recorder.event("notice", message=message)

    def _start_mock(self, port: int = 0) -> None:
        settings = self._settings
        arguments = [sys.executable, "-P", "-m", "mock_provider", "--port", str(port)]
        arguments += ["--ledger", str(self._directory.file("provider.jsonl").absolute())]
        arguments += ["--write-plan", str(self._directory.file("mock.toml").absolute())]
        if settings.mock_plan:
            arguments += ["--plan", settings.mock_plan]
        for setting in settings.mock_set:
            arguments += ["--set", setting]
        self._mock = Child(
            "mock",
            arguments,
            ready_file=self._directory.file("mock.ready.json").absolute(),
            log_file=self._directory.file("mock.log").absolute(),
            working_directory=Path(settings.working_directory),
        )
        ready = self._mock.wait_until_ready(MOCK_READY_S, error=ProviderError)
        self.mock = Service(host=LOOPBACK, port=_port(ready), kind="url")
        self._recorder.event("mock_ready", data={"port": ready.port, "pid": self._mock.pid})


def _port(ready: Ready) -> int:
    assert ready.port is not None  # a child without a port has said why, and has raised
    return ready.port

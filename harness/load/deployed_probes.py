"""What the probes measure in a service that we did not start, fetched while it runs.  Runs under gevent in the leader.

The service shows them to whoever has the token (see ``harness.target.install``).  Its clock is ours: load is only sent
to this machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import gevent

from harness.load.control import fetch
from harness.load.service import Service
from harness.tracing import NEXT_HEADER, PROBES_PATH, PROCESS_HEADER, TOKEN_VARIABLE

FETCH_EVERY_S = 2.0
ANSWER_S = 5.0  # a service under load answers late; what is not fetched now is fetched later
LAST_ANSWER_S = 10.0


class DeployedProbes:
    """Appends the records of one process of the service to a file of the run."""

    def __init__(self, service: Service, token: str, file: Path, notice: Callable[[str], None]) -> None:
        self._service = service
        self._token = token
        self._file = file
        self._notice = notice
        self._offset = 0
        self._process: bytes | None = None
        self._others: set[bytes] = set()
        self._fetcher = gevent.spawn(self._keep_fetching)

    def stop(self) -> None:
        """Fetch what is left."""
        self._fetcher.kill(block=True)
        while self._fetch(LAST_ANSWER_S):
            pass
        if self._process is None:
            self._notice(
                f"{TOKEN_VARIABLE} is set, but GET {PROBES_PATH} of the service showed no probes; does it call "
                "harness.target.install() before its other imports, wrap its app, and know the same token? Without "
                "them only the load and the provider can be seen"
            )
        elif self._others:
            self._notice(
                f"the service has {len(self._others) + 1} processes; what its probes say is of one of them"
            )

    def _keep_fetching(self) -> None:
        while True:
            while self._fetch(ANSWER_S):
                gevent.sleep(0)
            gevent.sleep(FETCH_EVERY_S)

    def _fetch(self, limit_s: float) -> bool:
        """One part; False when there is no more of it for now."""
        path, headers = f"{PROBES_PATH}?from={self._offset}", {"authorization": f"Bearer {self._token}"}
        answer = fetch(self._service, "GET", path, headers, timeout_s=limit_s)
        following = answer.headers.get(NEXT_HEADER.encode(), b"") if answer is not None else b""
        if answer is None or answer.status != 200 or not following.isdigit():
            return False
        process = answer.headers.get(PROCESS_HEADER.encode(), b"")
        self._process = process if self._process is None else self._process
        if process != self._process:  # its file is another one: our offset means nothing there
            self._others.add(process)
            return False
        with self._file.open("ab") as file:
            file.write(answer.body)
        self._offset = int(following)
        return bool(answer.body)


def fetch_probes(service: Service, file: Path, notice: Callable[[str], None]) -> DeployedProbes | None:
    """Begin to, when we have a token; None without."""
    token = os.environ.get(TOKEN_VARIABLE)
    return DeployedProbes(service, token, file, notice) if token else None

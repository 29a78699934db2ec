"""The probes in a service that chainload does not start: an ASGI layer that shows them to whoever has the token.

GET  /-/chainload/probes?from=BYTES   the records since then, as JSON lines; the next offset in x-chainload-next
POST /-/chainload/probes?on=0         takes the probes out, on=1 puts them back in

Without the right token the request goes to the app, as if there were nothing here.  Times are those of this machine's
CLOCK_MONOTONIC.
"""

from __future__ import annotations

import hmac
import os
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from harness.errors import BadInputError
from harness.run_directory import JsonlWriter
from harness.target.addresses import provider_port
from harness.target.frames import FrameReader
from harness.target.http import AsgiApp, Receive, Scope, Send, read_body
from harness.target.invocation import CURRENT, identify
from harness.target.probes import all_probes
from harness.target.probes.probe_set import ProbeSet
from harness.target.propagation import Propagation
from harness.tracing import (
    NEXT_HEADER,
    PROBES_PATH,
    PROCESS_HEADER,
    TOKEN_VARIABLE,
)

SHORTEST_TOKEN = 16
MODE = "asgi"
MAX_PART_BYTES = 4_000_000  # of one answer
MAX_FILE_BYTES = 200_000_000  # after that nothing is recorded until the service starts anew


class Deployment:
    """The probes of this process and the file they write to."""

    def __init__(self, probes: ProbeSet, propagation: Propagation, file: Path, token: str) -> None:
        self.probes = probes
        self.file = file
        self._propagation = propagation
        self._token = token

    def wrap(self, app: AsgiApp) -> AsgiApp:
        """The app with the probes' endpoint before it, every request an invocation."""
        return ProbedApp(app, self)

    def uninstall(self) -> None:
        """Leave the process as it was; what is recorded stays on disk."""
        self._propagation.uninstall()
        self.probes.uninstall()

    def is_allowed(self, scope: Scope) -> bool:
        """Whether the request carries the token (Authorization: Bearer …)."""
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, f"Bearer {self._token}".encode())

    def read(self, offset: int) -> tuple[bytes, int]:
        """Whole lines from an offset, and where the next ones begin."""
        with self.file.open("rb") as file:
            file.seek(offset)
            data = file.read(MAX_PART_BYTES)
        data = data[: data.rfind(b"\n") + 1]
        return data, offset + len(data)

    def check_size(self) -> None:
        """Stop recording when the file has become too large: nobody came for it."""
        if self.probes.is_on and self.file.stat().st_size > MAX_FILE_BYTES:
            self.probes.switch(False)


class ProbedApp:
    """The user's app behind the probes' endpoint."""

    def __init__(self, app: AsgiApp, deployment: Deployment) -> None:
        self._app = app
        self._deployment = deployment
        self._is_attached = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the app's lifespan."""
        if not self._is_attached:
            self._is_attached = True
            self._deployment.probes.attach_loop()
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == PROBES_PATH and self._deployment.is_allowed(scope):
            await read_body(receive)
            await self._show(scope, send)
        else:
            await self._invoke(scope, receive, send)

    async def _invoke(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        invocation = identify(headers, mode=MODE)
        CURRENT.set(invocation)
        recorder = self._deployment.probes.recorder
        trace = recorder.begin(invocation.trace_id, invocation.step)
        try:
            await self._app(scope, receive, send)
        except BaseException as error:
            trace.error = error
            raise
        finally:
            recorder.end(trace)

    async def _show(self, scope: Scope, send: Send) -> None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        probes = self._deployment.probes
        if scope["method"] == "POST":
            probes.switch(query.get("on") != ["0"])
            await _answer(send, msgspec.json.encode({"on": probes.is_on}), {})
            return
        self._deployment.check_size()
        start = query.get("from", ["0"])[0]
        data, following = self._deployment.read(int(start) if start.isdigit() else 0)
        headers = {NEXT_HEADER: str(following), PROCESS_HEADER: str(os.getpid())}
        await _answer(send, data, {name.encode(): value.encode() for name, value in headers.items()})


def install(*, token: str | None, directory: str | Path | None) -> Deployment:
    """Every probe, writing to a file of this process.  Raises BadInputError when the token is missing or too short."""
    token = token if token is not None else os.environ.get(TOKEN_VARIABLE, "")
    if len(token) < SHORTEST_TOKEN:
        raise BadInputError(
            f"the token has {len(token)} characters; it must have at least {SHORTEST_TOKEN}: who has it can read "
            f"source lines and stacks of this service. Set {TOKEN_VARIABLE}, or pass token="
        )
    folder = Path(directory) if directory is not None else Path(tempfile.mkdtemp(prefix="chainload-"))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"probes-{os.getpid()}.jsonl"
    frames = FrameReader()
    provider = urlsplit(os.environ.get("OPENAI_BASE_URL", "")).netloc.rpartition("@")[2]
    probes = ProbeSet(
        JsonlWriter(file), all_probes(frames), frames=frames, providers=[provider] if provider else []
    )
    probes.install()
    propagation = Propagation(provider_port=provider_port(os.environ))
    propagation.install()
    return Deployment(probes, propagation, file, token)


async def _answer(send: Send, body: bytes, headers: dict[bytes, bytes]) -> None:
    all_headers = [
        (b"content-type", b"application/x-ndjson"),
        (b"content-length", str(len(body)).encode()),
        *headers.items(),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})

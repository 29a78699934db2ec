"""Puts the invocation's traceparent on the provider calls it makes, so that mock and target can be joined.

Wraps the public ``send`` of httpx and httpx2 clients, and ``http.client`` below requests and urllib3.  Only towards
loopback: what goes elsewhere is the user's business.
"""

from __future__ import annotations

import functools
import http.client
import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from harness.target.addresses import is_loopback
from harness.target.invocation import CURRENT, OpenInvocation
from harness.tracing import make_traceparent

CLIENT_MODULES = ("httpx", "httpx2")  # openai 2 uses the one, openai 3 the other
HEADER = "traceparent"


class Propagation:
    """Wraps the clients while installed."""

    def __init__(self, *, provider_port: int | None) -> None:
        self._provider_port = provider_port
        self._restores: list[Callable[[], None]] = []

    def install(self) -> None:
        for name in CLIENT_MODULES:
            if importlib.util.find_spec(name) is not None:
                module = importlib.import_module(name)
                self._wrap(module.Client, "send", self._sync_send)
                self._wrap(module.AsyncClient, "send", self._async_send)
        self._wrap(http.client.HTTPConnection, "endheaders", self._endheaders)

    def uninstall(self) -> None:
        while self._restores:
            self._restores.pop()()

    def _wrap(self, owner: type, name: str, make: Callable[[Any], Any]) -> None:
        original = owner.__dict__[name]
        setattr(owner, name, functools.wraps(original)(make(original)))
        self._restores.append(lambda: setattr(owner, name, original))

    def _sync_send(self, original: Any) -> Any:
        mark = self._mark

        def send(client: Any, request: Any, **options: Any) -> Any:
            mark(request)
            return original(client, request, **options)

        return send

    def _async_send(self, original: Any) -> Any:
        mark = self._mark

        async def send(client: Any, request: Any, **options: Any) -> Any:
            mark(request)
            return await original(client, request, **options)

        return send

    def _mark(self, request: Any) -> None:
        invocation = CURRENT.get()
        if invocation is None or not is_loopback(request.url.host):
            return
        if self._counts(invocation, request.url.port) or HEADER not in request.headers:
            request.headers[HEADER] = make_traceparent(invocation.trace_id)

    def _endheaders(self, original: Any) -> Any:
        counts = self._counts

        def endheaders(connection: Any, *arguments: Any, **options: Any) -> Any:
            invocation = CURRENT.get()
            if invocation is not None and is_loopback(connection.host):
                counts(invocation, connection.port)
                if not _has_header(connection):
                    connection.putheader(HEADER, make_traceparent(invocation.trace_id))
            return original(connection, *arguments, **options)

        return endheaders

    def _counts(self, invocation: OpenInvocation, port: int | None) -> bool:
        """Whether the call goes to the provider; there our trace wins over one that the user's tracing has set."""
        if port != self._provider_port:
            return False
        invocation.provider_calls += 1
        return True


def _has_header(connection: Any) -> bool:
    lines = getattr(connection, "_buffer", [])
    return any(line.lower().startswith(HEADER.encode() + b":") for line in lines)

"""Serves the user's ASGI app as it is, each request an invocation that can be cut short."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from harness.target.http import AsgiApp, Exchange, Message, Receive, Scope, Send
from harness.target.invocation import InvocationBook, OpenInvocation
from harness.target.lifecycle import Lifecycle
from harness.tracing import CANARY_PREFIX, find_canaries

MAX_CANARY_TAIL = 32  # bytes kept of one part of a body, to find a canary that the next one completes


class UserApp:
    """The user's app behind the bookkeeping."""

    def __init__(self, app: AsgiApp, *, book: InvocationBook, lifecycle: Lifecycle) -> None:
        self._app = app
        self._book = book
        self._lifecycle = lifecycle
        self.startup_failure: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the app's lifespan."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._watching_startup(send))
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        invocation = self._book.open(dict(scope["headers"]), mode="asgi")
        waiting = asyncio.current_task()
        watch = AnswerWatch(invocation, send, on_break=lambda: waiting is not None and waiting.cancel())
        messages: asyncio.Queue[Message] = asyncio.Queue()
        self._lifecycle.start(invocation, watch.exchange, lambda: self._call(scope, messages, watch))
        try:
            await _pass_on(receive, messages)
        except asyncio.CancelledError:
            if not watch.exchange.broken:
                raise
            return  # without the rest of the answer: the server closes the connection
        if not watch.exchange.finished:
            self._lifecycle.cut(invocation, "cancelled", "the client closed the connection")

    async def _call(self, scope: Scope, messages: asyncio.Queue[Message], watch: AnswerWatch) -> bytes:
        await self._app(scope, messages.get, watch.send)
        watch.check()
        return b""

    def _watching_startup(self, send: Send) -> Send:
        async def watch(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                self.startup_failure = message.get("message", "")
            await send(message)

        return watch


async def _pass_on(receive: Receive, messages: asyncio.Queue[Message]) -> None:
    """Hand the app what the client sends, until the client is gone or the answer complete."""
    while True:
        message = await receive()
        messages.put_nowait(message)
        if message["type"] == "http.disconnect":
            return


class AppError(Exception):
    """The app answered with a server error, or not at all."""


class AppExchange(Exchange):
    """The app's own answer.  One that has begun cannot be turned into an error: its connection is broken off."""

    __slots__ = ("_on_break", "broken")

    def __init__(self, send: Send, *, on_break: Callable[[], object]) -> None:
        super().__init__(send)
        self._on_break = on_break
        self.broken = False

    async def fail(self, status: int, message: str) -> None:
        """An error as the answer, or the end of the connection."""
        if self.finished:
            return
        if self.started:
            self.finished = self.broken = True
            self._on_break()
        else:
            await super().fail(status, message)


class AnswerWatch:
    """Looks at the app's answer as it passes."""

    def __init__(self, invocation: OpenInvocation, send: Send, *, on_break: Callable[[], object]) -> None:
        self.exchange = AppExchange(send, on_break=on_break)
        self._invocation = invocation
        self._send = send
        self._status: int | None = None
        self._tail = b""

    async def send(self, message: Message) -> None:
        exchange = self.exchange
        if exchange.finished:  # cut short: what the app still says goes nowhere
            return
        if message["type"] == "http.response.start":
            self._status = message["status"]
            exchange.started = True
        elif message["type"] == "http.response.body":
            self._look_for_canaries(message.get("body", b""))
            if not message.get("more_body", False):
                exchange.finished = True
                self._invocation.answered_s = time.monotonic()
        await self._send(message)

    def check(self) -> None:
        """Raises AppError when the answer was none, or a server error."""
        if self._status is None:
            raise AppError("the app returned without an answer")
        if self._status >= 500:
            raise AppError(f"HTTP {self._status}")

    def _look_for_canaries(self, body: bytes) -> None:
        text = self._tail + bytes(body)
        if CANARY_PREFIX.encode() in text:
            found = find_canaries(text.decode(errors="replace"))
            self._invocation.canaries = list(dict.fromkeys([*self._invocation.canaries, *found]))
        self._tail = text[-MAX_CANARY_TAIL:]


def as_asgi(value: Any) -> AsgiApp:
    """The user's object, known to be an ASGI app."""
    app: AsgiApp = value
    return app

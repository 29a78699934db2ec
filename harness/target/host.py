"""Puts the pieces of the target together and serves them: uvicorn on loopback, on asyncio or uvloop.

Order matters: the event loop is made, a factory's result settled and the inputs tried on the very loop that serves them
later, because clients keep to the loop that first used them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn

from harness.children import Ready
from harness.errors import TargetError
from harness.settings import RunSettings
from harness.target.control import PREFIX, ControlApp
from harness.target.http import AsgiApp, Receive, Scope, Send
from harness.target.inputs import Inputs, make_inputs
from harness.target.invocation import InvocationBook
from harness.target.kinds import Target, settle
from harness.target.lifecycle import Lifecycle
from harness.target.runnable_app import RunnableApp
from harness.target.stacks import StackTaker
from harness.target.user_app import UserApp, as_asgi

BACKLOG = 4096
SHUTDOWN_S = 1  # that open requests get when the target is told to leave


class Host:
    """The server of one target."""

    def __init__(
        self,
        settings: RunSettings,
        *,
        book: InvocationBook,
        stacks: StackTaker,
        announce: Callable[[Ready], None],
    ) -> None:
        self._settings = settings
        self._book = book
        self._stacks = stacks
        self._announce = announce
        self._lifecycle = Lifecycle(book, stacks)
        self._server: Server | None = None
        self._leaving = False

    def leave(self) -> None:
        """Stop serving soon.  From any thread."""
        self._leaving = True
        if self._server is not None:
            self._server.should_exit = True

    async def serve(self, value: Any, name: str, listener: socket.socket) -> None:
        """Serve until told to leave.  Raises BadInputError or TargetError when it cannot begin."""
        self._stacks.bind(asyncio.get_running_loop())
        async with contextlib.AsyncExitStack() as stack:
            target = await settle(value, name, stack)
            app, ready = await self._build(target, listener.getsockname()[1])
            config = uvicorn.Config(
                Routes(app, ControlApp(self._book, self._lifecycle)),
                http="httptools",
                lifespan="auto" if target.kind == "asgi" else "off",
                log_level="warning",
                access_log=False,
                backlog=BACKLOG,
                timeout_graceful_shutdown=SHUTDOWN_S,
            )
            self._server = Server(config, on_started=lambda: self._announce(ready))
            if self._leaving:
                return
            try:
                await self._server.serve(sockets=[listener])
            finally:
                failure = app.startup_failure if isinstance(app, UserApp) else None
                if not self._server.started and failure is not None:
                    raise TargetError(f"the app's startup failed:\n{failure}".rstrip(":\n"))

    async def _build(self, target: Target, port: int) -> tuple[UserApp | RunnableApp, Ready]:
        data: dict[str, Any] = {"kind": target.kind, "description": target.description}
        if target.kind == "asgi":
            app = UserApp(as_asgi(target.value), book=self._book, lifecycle=self._lifecycle)
            return app, Ready(port=port, data=data)
        inputs = await make_inputs(self._settings, target.value)
        data |= _guessed(inputs)
        runnable_app = RunnableApp(
            target.value, inputs=inputs, settings=self._settings, book=self._book, lifecycle=self._lifecycle
        )
        return runnable_app, Ready(port=port, data=data)


class Routes:
    """Control endpoints first, everything else to the target."""

    def __init__(self, app: AsgiApp, control: AsgiApp) -> None:
        self._app = app
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self._control(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config, *, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()


def run_loop(loop: asyncio.AbstractEventLoop, main: asyncio.Task[None]) -> None:
    """Run the loop until ``main`` ends, whatever tasks of the chain raise through it on the way."""
    while True:
        try:
            loop.run_until_complete(main)
            return
        except (
            SystemExit,
            KeyboardInterrupt,
        ) as error:  # asyncio lets these two out of any task, the chain's too
            if main.done():
                raise
            sys.stderr.write(f"a task of the chain raised {type(error).__name__}; it is ignored\n")


def _guessed(inputs: Inputs) -> dict[str, Any]:
    guessed = inputs.guessed
    return {} if guessed is None else {"input": guessed.input, "config": guessed.config}

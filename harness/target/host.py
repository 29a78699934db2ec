"""Puts the pieces of the target together and serves them: uvicorn on loopback, on asyncio or uvloop.

Order matters: the event loop is made, a factory's result settled and the inputs tried on the very loop that serves them
later, because clients keep to the loop that first used them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from harness.children import Ready
from harness.errors import BadInputError, TargetError
from harness.settings import RunSettings
from harness.target.control import PREFIX, ControlApp
from harness.target.guess import Guess, guesses
from harness.target.http import AsgiApp, Receive, Scope, Send
from harness.target.inputs import Inputs, are_given, given_inputs, guessed_inputs
from harness.target.invocation import InvocationBook
from harness.target.kinds import Target, settle
from harness.target.lifecycle import Lifecycle, first_line
from harness.target.notes import Notes
from harness.target.probes.probe_set import ProbeSet
from harness.target.runnable_app import RunnableApp
from harness.target.stacks import StackTaker
from harness.target.trial import TRIAL_S, Trial, try_call, words_for_misfit
from harness.target.user_app import UserApp, as_asgi
from harness.target.watchdog import Watchdog

BACKLOG = 4096
KEEP_ALIVE_S = 3600  # a connection closed while a user thinks would look like the chain's failure
SHUTDOWN_S = 1  # that open requests get when the target is told to leave


class Host:
    """The server of one target."""

    def __init__(
        self,
        settings: RunSettings,
        *,
        book: InvocationBook,
        stacks: StackTaker,
        notes: Notes,
        probes: ProbeSet,
        announce: Callable[[Ready], None],
    ) -> None:
        self._settings = settings
        self._book = book
        self._stacks = stacks
        self._notes = notes
        self._announcement = Announcement(announce)
        self._probes = probes
        self._lifecycle = Lifecycle(book, stacks, probes.recorder)
        self._server: Server | None = None
        self._leaving = False

    def leave(self) -> None:
        """Stop serving soon.  From any thread."""
        self._leaving = True
        if self._server is not None:
            self._server.should_exit = True

    def record_rest(self) -> None:
        """Write down what is still in flight, with its stack.  From any thread; nothing may follow but the end."""
        for invocation in self._book.in_flight():
            self._lifecycle.record_cut(invocation, "cancelled", "the target was stopped", blocked=True)

    async def serve(self, value: Any, name: str, listener: socket.socket) -> None:
        """Serve until told to leave.  Raises BadInputError or TargetError when it cannot begin."""
        loop = asyncio.get_running_loop()
        self._stacks.bind(loop)
        self._probes.attach_loop()
        Watchdog(loop, self._book, self._lifecycle, timeout_s=self._settings.timeout_s).start()
        async with contextlib.AsyncExitStack() as stack:
            target = await settle(value, name, stack)
            app, ready = await self._build(target, listener.getsockname()[1])
            config = uvicorn.Config(
                Routes(app, ControlApp(self._book, self._lifecycle, self._probes)),
                http="httptools",
                lifespan="auto" if target.kind == "asgi" else "off",
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=SHUTDOWN_S,
            )
            self._server = Server(config, on_started=lambda: self._announcement.make(ready))
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
        if are_given(self._settings):
            return self._serve_runnable(target, await given_inputs(self._settings)), Ready(
                port=port, data=data
            )
        trials: list[Trial] = []
        for guess in guesses(target.value):
            runnable_app = self._serve_runnable(target, guessed_inputs(self._settings, guess))
            ready = Ready(port=port, data={**data, "input": guess.input, "config": guess.config})
            trials.append(await self._try(runnable_app, guess, ready))
            if not trials[-1].shows_misfit:
                return runnable_app, ready
        raise BadInputError(words_for_misfit(trials[0]))

    def _serve_runnable(self, target: Target, inputs: Inputs) -> RunnableApp:
        return RunnableApp(
            target.value, inputs=inputs, settings=self._settings, book=self._book, lifecycle=self._lifecycle
        )

    async def _try(self, app: RunnableApp, guess: Guess, ready: Ready) -> Trial:
        with self._announcement.at_latest_in(TRIAL_S + 2, ready):
            trial = await try_call(self._book, self._lifecycle, app.try_input, guess)
        if trial.shows_misfit:
            return trial
        if trial.error is not None:
            self._notes.notice(f"the trial call before the load failed: {first_line(trial.error)}")
        elif not trial.ended:
            self._notes.notice(
                f"the trial call before the load had no end after {TRIAL_S:g} s and was cut off"
            )
        return trial


class Announcement:
    """Made once, whoever comes first."""

    def __init__(self, announce: Callable[[Ready], None]) -> None:
        self._announce = announce
        self._lock = threading.Lock()
        self._made = False

    def make(self, ready: Ready) -> None:
        """Tell the parent, unless that is done."""
        with self._lock:
            made, self._made = self._made, True
        if not made:
            self._announce(ready)

    @contextlib.contextmanager
    def at_latest_in(self, seconds: float, ready: Ready) -> Iterator[None]:
        """Made after so long even when the body blocks the loop: the load then shows what the chain does."""
        timer = threading.Timer(seconds, self.make, [ready])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


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

"""The provider as a respx router: for unit tests without a socket, with openai 2 (httpx) and openai 3 (httpx2).

    with ProviderRouter(load_plan(None, ["limits.requests_per_minute=3"])):
        ChatOpenAI(api_key="any").invoke("hello")

Same plan, same engine, same ledger as the server.  Faults that need a socket are refused when the router is made.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Iterator

import httpx
import respx
from respx.mocks import Mocker

from mock_provider.answer import Answer
from mock_provider.in_process import InProcessProvider
from mock_provider.incoming import Incoming, read_head
from mock_provider.plan import load_plan
from mock_provider.plan_schema import Plan
from mock_provider.records import Attempt, AttemptOutcome
from mock_provider.serving import Serving
from mock_provider.wire import make_head, unframe

BASE_URL = "https://api.openai.com/v1"
_is_async = contextvars.ContextVar("is_async", default=False)


class ProviderRouter(respx.MockRouter):
    """Answers every request to ``base_url``.  Use it with `with` or as a decorator, like any respx router."""

    def __init__(self, plan: Plan | None = None, *, base_url: str = BASE_URL) -> None:
        super().__init__(assert_all_called=False, using="httpcore")
        self._provider = InProcessProvider(plan or load_plan())
        self._base_path = httpx.URL(base_url).path.rstrip("/")
        self._mockers = _find_mockers()
        self.route(url__startswith=base_url).mock(side_effect=self._answer)

    @property
    def attempts(self) -> list[Attempt]:
        """The ledger: every request that has ended."""
        return self._provider.attempts

    def __enter__(self) -> ProviderRouter:
        self.start()
        return self

    def start(self) -> None:
        super().start()
        for mocker in self._mockers:
            mocker.register(self)
            mocker.start()

    def stop(self, clear: bool = True, reset: bool = True, quiet: bool = False) -> None:
        for mocker in self._mockers:
            mocker.unregister(self)
            mocker.stop()
        super().stop(clear=clear, reset=reset, quiet=quiet)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        token = _is_async.set(True)
        try:
            return await super().async_handler(request)
        finally:
            _is_async.reset(token)

    def _answer(self, request: httpx.Request) -> httpx.Response | Awaitable[httpx.Response]:
        call = _Call(self._provider, request, self._base_path)
        return call.answer_later() if _is_async.get() else call.answer_now()


class _Call:
    """One request: waits as the plan says, in a thread or in a coroutine."""

    def __init__(self, provider: InProcessProvider, request: httpx.Request, base_path: str) -> None:
        self._provider = provider
        timeouts = request.extensions.get("timeout") or {}
        self._patience_s: float | None = timeouts.get("read")
        self._serving = provider.receive(_read(request, base_path))
        self._has_ended = False
        self._sent: list[bytes] = []
        self._taken = 0  # pieces of them
        self._has_slot = threading.Event()
        self._start = self._has_slot.set

    # ---- in a thread

    def answer_now(self) -> httpx.Response:
        if self._provider.enter(self._serving, self._start) == "queued":
            if not self._has_slot.wait(self._patience_s):
                raise self._give_up()
            self._provider.start(self._serving)
        self._sleep(self._due_s(0))
        return self._respond()

    def _sleep(self, due_s: float | None) -> None:
        if due_s is None:
            # A hang: nothing but the client's time-out ends it.
            threading.Event().wait(self._patience_s)
            raise self._give_up()
        wait_s = due_s - time.monotonic()
        if self._patience_s is not None and wait_s > self._patience_s:
            time.sleep(self._patience_s)
            raise self._give_up()
        time.sleep(max(0.0, wait_s))

    def pieces(self) -> Iterator[bytes]:
        for number, piece in enumerate(self._sent):
            self._sleep(self._due_s(number))
            self._taken = number + 1
            yield piece
        self._end_body()
        if self._answer.ending == "hang":
            self._sleep(None)

    # ---- in a coroutine

    async def answer_later(self) -> httpx.Response:
        loop = asyncio.get_running_loop()
        has_slot = asyncio.Event()

        def start() -> None:
            loop.call_soon_threadsafe(has_slot.set)

        self._start = start
        try:
            if self._provider.enter(self._serving, self._start) == "queued":
                await self._wait_patiently(has_slot)
                self._provider.start(self._serving)
            await self._sleep_async(self._due_s(0))
        except asyncio.CancelledError:
            self._end("client_gone")
            raise
        return self._respond()

    async def _sleep_async(self, due_s: float | None) -> None:
        if due_s is None:
            await self._wait_patiently(asyncio.Event())
            return
        wait_s = due_s - time.monotonic()
        if self._patience_s is not None and wait_s > self._patience_s:
            await self._wait_patiently(asyncio.Event())
        await asyncio.sleep(max(0.0, wait_s))

    async def _wait_patiently(self, event: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(event.wait(), self._patience_s)
        except TimeoutError:
            raise self._give_up() from None

    async def pieces_async(self) -> AsyncIterator[bytes]:
        for number, piece in enumerate(self._sent):
            await self._sleep_async(self._due_s(number))
            self._taken = number + 1
            yield piece
        self._end_body()
        if self._answer.ending == "hang":
            await self._sleep_async(None)

    # ---- both

    @property
    def _answer(self) -> Answer:
        assert self._serving.answer is not None
        return self._serving.answer

    def _due_s(self, number: int) -> float | None:
        """When the piece of this number is due; None: never."""
        answer, serving = self._answer, self._serving
        start_s = serving.incoming.received_s if serving.started_s is None else serving.started_s
        if not answer.sends_head and answer.ending == "hang":
            return None
        return (
            start_s + answer.first_s + answer.gap_s * max(0, min(number, answer.paced - 1) - answer.lead + 1)
        )

    def _respond(self) -> httpx.Response:
        """The response, or the exception that stands for what happens to the connection."""
        answer, serving = self._answer, self._serving
        if not answer.sends_head:
            self._end("fault")
            raise _break(answer, "Server disconnected without sending a response.")
        serving.status = answer.status
        serving.first_byte_s = time.monotonic()
        if answer.is_framed:
            answer.pieces = [unframe(piece) for piece in answer.pieces]
        self._sent = answer.pieces if answer.partial is None else [*answer.pieces, answer.partial[1]]
        if answer.ending == "complete" and not answer.gap_s:
            self._end(self._whole_outcome)
            return httpx.Response(answer.status, headers=_head(answer, serving), content=b"".join(self._sent))
        return httpx.Response(answer.status, headers=_head(answer, serving), stream=_Body(self))

    @property
    def _whole_outcome(self) -> AttemptOutcome:
        serving = self._serving
        if serving.started_s is None:
            return serving.outcome
        return "fault" if self._answer.is_decided else "ok"

    def _end_body(self) -> None:
        """All pieces are out: complete, or broken off."""
        answer = self._answer
        if answer.ending == "complete":
            self._end(self._whole_outcome)
        elif answer.ending != "hang":
            self._end("fault")
            raise _break(answer, "peer closed connection without sending complete message body")

    def _give_up(self) -> httpx.ReadTimeout:
        """The client's time-out has come."""
        self._end("client_gone")
        return httpx.ReadTimeout("The read operation timed out")

    def abandon(self) -> None:
        """The body is closed; unless all of it was taken, the client has left it."""
        answer = self._answer
        is_whole = self._taken == len(self._sent) and answer.ending == "complete"
        self._end(self._whole_outcome if is_whole else "client_gone")

    def _end(self, outcome: AttemptOutcome) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._provider.end(self._serving, outcome, self._start)


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Pieces as they are due."""

    def __init__(self, call: _Call) -> None:
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        return self._call.pieces()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._call.pieces_async()

    def close(self) -> None:
        self._call.abandon()

    async def aclose(self) -> None:
        self._call.abandon()


def _read(request: httpx.Request, base_path: str) -> Incoming:
    headers = {name.lower(): value for name, value in request.headers.raw}
    target = request.url.raw_path
    if target.startswith(base_path.encode()) and not target.startswith((b"/v1/", b"/openai/")):
        target = b"/v1" + target[len(base_path) :]
    return Incoming(head=read_head(request.method, target, headers), body=request.content)


def _head(answer: Answer, serving: Serving) -> list[tuple[bytes, bytes]]:
    head = make_head(
        answer,
        date=time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()),
        request_id=f"req_{serving.ordinal:032x}",
        processing_ms=int((time.monotonic() - serving.incoming.received_s) * 1000),
        keeps_alive=True,
        is_chunked=False,
    )
    pairs = (line.partition(b": ") for line in head.split(b"\r\n")[1:] if line)
    return [(name, value) for name, _, value in pairs]


def _break(answer: Answer, words: str) -> httpx.TransportError:
    if answer.ending == "reset":
        return httpx.ReadError("[Errno 104] Connection reset by peer")
    return httpx.RemoteProtocolError(words)


def _find_mockers() -> list[type[Mocker]]:
    """For httpx2, where it is installed."""
    known = Mocker.registry.get("httpcore2")
    if known is not None:  # a module that was forgotten and loaded again must not register it twice
        return [known]
    with contextlib.suppress(ImportError):
        from mock_provider.httpcore2_mocker import HTTPCore2Mocker

        return [HTTPCore2Mocker]
    return []

"""Serves a Runnable at LangServe's paths: /invoke, /stream, /batch.  Plain ASGI: every microsecond here is ours.

The task of a request does not run the chain; it starts the one that does, and waits for the client to leave.  So a
chain that ignores its cancellation cannot hold back an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import msgspec

from harness.errors import BadInputError
from harness.placeholders import Fill
from harness.settings import RunSettings
from harness.target.http import ClientGone, Exchange, Receive, Scope, Send, read_body, wait_for_disconnect
from harness.target.inputs import Inputs
from harness.target.invocation import InvocationBook, OpenInvocation
from harness.target.lifecycle import Lifecycle
from harness.target.serialise import to_json
from harness.tracing import USER_HEADER, canary_of, find_canaries

MAX_STREAM_TEXT = 100_000  # characters of a stream in which canaries are looked for


class Request(msgspec.Struct, kw_only=True):
    """The body of a request, as LangServe defines it.  Without an input, chainload's own clients get one made."""

    input: Any = msgspec.UNSET
    inputs: list[Any] | msgspec.UnsetType = msgspec.UNSET
    config: dict[str, Any] | list[dict[str, Any]] | None = None
    kwargs: dict[str, Any] = {}


Call: TypeAlias = Callable[[OpenInvocation, Request, Exchange], Awaitable[bytes]]


class InvocationPool(ThreadPoolExecutor):
    """The worker threads of mode ``invoke``: its own class, so that probes can tell them from the chain's."""


class RunnableApp:
    """The endpoints of one Runnable."""

    def __init__(
        self,
        runnable: Any,
        *,
        inputs: Inputs,
        settings: RunSettings,
        book: InvocationBook,
        lifecycle: Lifecycle,
    ) -> None:
        self._runnable = runnable
        self._inputs = inputs
        self._book = book
        self._lifecycle = lifecycle
        self._batch_size = settings.batch_size
        self._decode = msgspec.json.Decoder(Request).decode
        self._pool = InvocationPool(settings.thread_count, "chainload") if settings.mode == "invoke" else None
        self._calls: dict[str, tuple[str, Call]] = {
            "/invoke": ("invoke" if self._pool else "ainvoke", self._invoke),
            "/stream": ("astream", self._stream),
            "/batch": ("abatch", self._batch),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        exchange = Exchange(send)
        if scope["path"] not in self._calls or scope["method"] != "POST":
            paths = ", ".join(self._calls)
            await exchange.fail(404, f"{scope['method']} {scope['path']} is not served; POST to {paths}")
            return
        headers = dict(scope["headers"])
        try:
            request = self._read(await read_body(receive), headers)
        except ClientGone:
            return
        except BadInputError as error:
            await exchange.fail(422, str(error))
            return
        mode, call = self._calls[scope["path"]]
        invocation = self._book.open(headers, mode=mode)
        self._lifecycle.start(invocation, exchange, lambda: call(invocation, request, exchange))
        await wait_for_disconnect(receive)
        if not exchange.finished:
            self._lifecycle.cut(invocation, "cancelled", "the client closed the connection")

    def try_input(self, invocation: OpenInvocation, exchange: Exchange) -> Awaitable[bytes]:
        """The call of a request that brings no input, without the request."""
        return self._invoke(invocation, Request(), exchange)

    def _read(self, body: bytes, headers: Mapping[bytes, bytes]) -> Request:
        try:
            request = self._decode(body or b"{}")
        except msgspec.DecodeError as error:
            raise BadInputError(
                f"the body is no JSON object with input, config and kwargs: {error}"
            ) from error
        given = request.input is not msgspec.UNSET or request.inputs is not msgspec.UNSET
        if not given and USER_HEADER.encode() not in headers:
            raise BadInputError('the body has no input; send {"input": …} or, to /batch, {"inputs": […]}')
        return request

    async def _invoke(self, invocation: OpenInvocation, request: Request, exchange: Exchange) -> bytes:
        value, config = await self._take(invocation, request)
        if self._pool is None:
            output = await self._runnable.ainvoke(value, config, **request.kwargs)
        else:
            output = await self._in_thread(self._pool, invocation, value, config, request.kwargs)
        return _answer(invocation, to_json(output))

    async def _in_thread(
        self,
        pool: InvocationPool,
        invocation: OpenInvocation,
        value: Any,
        config: dict[str, Any] | None,
        kwargs: dict[str, Any],
    ) -> Any:
        def work() -> Any:
            with invocation.in_thread():
                return self._runnable.invoke(value, config, **kwargs)

        return await asyncio.wrap_future(pool.submit(contextvars.copy_context().run, work))

    async def _stream(self, invocation: OpenInvocation, request: Request, exchange: Exchange) -> bytes:
        value, config = await self._take(invocation, request)
        text = ""
        async with contextlib.AsyncExitStack() as stack:
            chunks = self._runnable.astream(value, config, **request.kwargs)
            if hasattr(chunks, "aclose"):
                await stack.enter_async_context(contextlib.aclosing(chunks))
            async for chunk in chunks:
                if len(text) < MAX_STREAM_TEXT:
                    text += _text_of(chunk)
                await exchange.stream(b"event: data\ndata: " + to_json(chunk) + b"\n\n")
        invocation.canaries = find_canaries(text)
        await exchange.stream(b"")  # an empty stream is a stream
        return b"event: end\n\n"

    async def _batch(self, invocation: OpenInvocation, request: Request, exchange: Exchange) -> bytes:
        if request.inputs is msgspec.UNSET:
            first = invocation.sequence * self._batch_size
            taken = [await self._inputs.take(_fill(invocation, first + i)) for i in range(self._batch_size)]
            values = [value for value, _ in taken]
            configs: Any = [config or {} for _, config in taken]
        else:
            values, configs = request.inputs, self._configs(invocation, request)
        outputs = await self._runnable.abatch(values, configs, **request.kwargs)
        return _answer(invocation, to_json(outputs))

    async def _take(self, invocation: OpenInvocation, request: Request) -> tuple[Any, dict[str, Any] | None]:
        fill = _fill(invocation, invocation.sequence)
        if request.input is msgspec.UNSET:
            return await self._inputs.take(fill)
        config = request.config if isinstance(request.config, dict) else None
        return request.input, self._inputs.configure(config, fill)

    def _configs(self, invocation: OpenInvocation, request: Request) -> Any:
        fill = _fill(invocation, invocation.sequence)
        if isinstance(request.config, list):
            return [self._inputs.configure(config, fill) or {} for config in request.config]
        return self._inputs.configure(request.config, fill)


def _fill(invocation: OpenInvocation, sequence: int) -> Fill:
    return Fill(user=invocation.user, sequence=sequence, canary=canary_of(invocation.trace_id))


def _answer(invocation: OpenInvocation, output: bytes) -> bytes:
    if b"cnry" in output:
        invocation.canaries = find_canaries(output.decode())
    return b'{"output":' + output + b',"metadata":{"trace_id":"' + invocation.trace_id.encode() + b'"}}'


def _text_of(chunk: Any) -> str:
    if isinstance(chunk, str):
        return chunk
    content = getattr(chunk, "content", None)
    return content if isinstance(content, str) else ""

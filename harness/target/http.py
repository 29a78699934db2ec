"""The few pieces of ASGI that the target's own answers need.  Knows no chain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

import msgspec

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON = [(b"content-type", b"application/json")]
EVENT_STREAM = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]


class ClientGone(Exception):  # noqa: N818 - an ending, not an error
    """The client closed before its request was complete."""


class Exchange:
    """The answer to one request: sent whole or in parts, at most once, by whoever comes first."""

    __slots__ = ("_send", "finished", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        self.finished = False

    async def answer(self, status: int, body: bytes) -> None:
        """The whole answer, as JSON.  Nothing when one was begun already."""
        if self.started:
            return
        self.started = self.finished = True
        headers = [*JSON, (b"content-length", str(len(body)).encode())]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    async def stream(self, part: bytes) -> None:
        """One more part of an event stream."""
        if self.finished:
            return
        if not self.started:
            self.started = True
            await self._send({"type": "http.response.start", "status": 200, "headers": EVENT_STREAM})
        await self._send({"type": "http.response.body", "body": part, "more_body": True})

    async def end_stream(self, part: bytes) -> None:
        """The last part of an event stream."""
        if self.finished:
            return
        await self.stream(part)
        self.finished = True
        await self._send({"type": "http.response.body", "body": b""})

    async def complete(self, body: bytes) -> None:
        """The good end: the answer, or the last part of the stream that was begun."""
        if self.started:
            await self.end_stream(body)
        else:
            await self.answer(200, body)

    async def fail(self, status: int, message: str) -> None:
        """An error, as an answer or, when a stream has begun, as its last event."""
        if self.started:
            data = msgspec.json.encode({"status_code": status, "message": message})
            await self.end_stream(b"event: error\ndata: " + data + b"\n\n")
        else:
            await self.answer(status, msgspec.json.encode({"error": message}))


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request.  Raises ClientGone."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def wait_for_disconnect(receive: Receive) -> None:
    """Returns when the answer is complete or the client is gone, whichever is first."""
    while (await receive())["type"] != "http.disconnect":
        pass

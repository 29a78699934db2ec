"""The fastest provider Python allows, to hold the mock against: asyncio.Protocol, uvloop, httptools, a parsed body.

    python benchmarks/mock_reference.py plain|delayed|stream|paced

Answers fixed bytes: a plain body, at once or 100 ms later, 50 events in one write, or the same events at absolute
deadlines, a timer each.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from functools import partial
from typing import cast

import httptools
import msgspec

from mock_provider.process import find_loop_factory, raise_file_limit

TOKENS = 50
FIRST_S, GAP_S = 0.2, 0.02  # of paced streams
DELAY_S = 0.1
LAST_CHUNK = b"0\r\n\r\n"
EVENT = b"data: " + b"x" * 240 + b"\n\n"
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
PLAIN_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 750\r\n\r\n"
ANSWERS = {
    "plain": PLAIN_HEAD + b"x" * 750,
    # In one write: one an event would cost it far more than it costs the mock.
    "stream": STREAM_HEAD + CHUNK * (TOKENS + 3) + LAST_CHUNK,
}


class Reference(asyncio.Protocol):
    """Reads a request, answers the same bytes each time."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, data: bytes) -> None:
        msgspec.json.decode(data)

    def on_message_complete(self) -> None:
        if self._kind == "paced":
            self._due_s = self._loop.time() + FIRST_S
            self._left = TOKENS
            self._loop.call_at(self._due_s, self._send_token)
        elif self._kind == "delayed":
            self._loop.call_later(DELAY_S, self._send_late)
        else:
            self._transport.write(ANSWERS[self._kind])

    def _send_late(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWERS["plain"])

    def _send_token(self) -> None:
        self._left -= 1
        if not self._left:
            self._transport.write(CHUNK * 3 + LAST_CHUNK)
            return
        self._transport.write(STREAM_HEAD + CHUNK if self._left == TOKENS - 1 else CHUNK)
        self._due_s += GAP_S
        self._loop.call_at(self._due_s, self._send_token)


async def serve(kind: str) -> None:
    server = await asyncio.get_running_loop().create_server(
        partial(Reference, kind), "127.0.0.1", 0, backlog=4096
    )
    print(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    raise_file_limit()
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=find_loop_factory()) as runner:
        runner.run(serve(sys.argv[1]))

"""Clients that cost little, so that what is measured is the server.  A process of their own each.

python benchmarks/mock_clients.py streams PORT COUNT     take streams, print their durations
python benchmarks/mock_clients.py hold PORT COUNT        send requests and wait, until a line comes in
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast

from mock_provider.process import find_loop_factory, raise_file_limit

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say something about load, please."}]}


def make_request(**more: bool) -> bytes:
    body = json.dumps(BODY | more).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


class Stream(asyncio.Protocol):
    """Takes one stream and does nothing else."""

    def __init__(self, request: bytes) -> None:
        self.duration_s = asyncio.get_running_loop().create_future()
        self._request = request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._started_s = time.monotonic()
        cast(asyncio.Transport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"0\r\n\r\n"):
            self.duration_s.set_result(time.monotonic() - self._started_s)


async def take_streams(port: int, count: int) -> list[float]:
    """Durations of so many streams, begun within a second."""
    request = make_request(stream=True)
    loop = asyncio.get_running_loop()

    async def take(index: int) -> float:
        await asyncio.sleep(index / count)
        transport, stream = await loop.create_connection(lambda: Stream(request), "127.0.0.1", port)
        duration_s: float = await stream.duration_s
        transport.close()
        return duration_s

    return await asyncio.gather(*(take(index) for index in range(count)))


async def hold(port: int, count: int) -> None:
    """So many requests that are not answered; says so, then waits for a line."""
    request = make_request()
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        writers.append(writer)
    print("holding", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for writer in writers:
        writer.transport.abort()


if __name__ == "__main__":
    raise_file_limit()
    port, count = map(int, sys.argv[2:])
    with asyncio.Runner(loop_factory=find_loop_factory()) as runner:
        if sys.argv[1] == "streams":
            print(json.dumps(runner.run(take_streams(port, count))))
        else:
            runner.run(hold(port, count))

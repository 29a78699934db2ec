"""A tiny HTTP service for the load tests: standard library only; its path says how it behaves.

Prints its port.  /work?delay_s=0.05 answers, /limited does so four at a time, /stream?count=5&gap_s=0.02 sends events,
/hang never answers, /fail says 500, /drop closes without an answer, /count tells how many requests of each path have
begun.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from urllib.parse import parse_qs, urlsplit

BEGUN: Counter[str] = Counter()
BODIES: list[str] = []
FOUR = asyncio.Semaphore(4)


async def answer(writer: asyncio.StreamWriter, status: str, body: bytes) -> None:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def stream(writer: asyncio.StreamWriter, count: int, gap_s: float) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    for number in range(count):
        await asyncio.sleep(gap_s)
        event = f'data: "token {number}"\n\n'.encode()
        writer.write(b"%x\r\n%s\r\n" % (len(event), event))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """One request; False when the connection is to be closed."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lengths = [
        line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length:")
    ]
    body = (await reader.readexactly(int(lengths[0]) if lengths else 0)).decode()
    parts = urlsplit(head.split(" ")[1])
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    BEGUN[parts.path] += 1
    BODIES.append(body)
    match parts.path:
        case "/stream":
            await stream(writer, int(given.get("count", 5)), float(given.get("gap_s", 0.02)))
        case "/limited":
            async with FOUR:
                await asyncio.sleep(0.05)
            await answer(writer, "200 OK", b'{"output": 1}')
        case "/hang":
            await asyncio.sleep(3600)
        case "/fail":
            await answer(writer, "500 Internal Server Error", b'{"error": "ValueError: no"}')
        case "/drop":
            return False
        case "/count":
            await answer(writer, "200 OK", json.dumps({"begun": BEGUN, "bodies": BODIES[-5:]}).encode())
        case _:
            await asyncio.sleep(float(given.get("delay_s", 0.05)))
            await answer(writer, "200 OK", b'{"output": 1}')
    return True


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    BEGUN["connections"] += 1
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while await serve_one(reader, writer):
            pass
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

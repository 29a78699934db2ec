"""Talks to a running provider in raw bytes, to see what is on the wire."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx

from mock_provider.records import Attempt
from mock_provider.running import RunningProvider

CHAT: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello there"}]}


def post(
    provider: RunningProvider, body: Any = None, *, path: str = "/chat/completions", **headers: str
) -> httpx.Response:
    """Ask over a connection of its own; underscores in header names stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(f"{provider.url}{path}", json=CHAT if body is None else body, headers=named, timeout=20)


def control(provider: RunningProvider, method: str, path: str, **options: Any) -> httpx.Response:
    """Ask the control API."""
    return httpx.request(method, f"http://127.0.0.1:{provider.port}{path}", timeout=20, **options)


def request_bytes(
    body: Any = None, *, stream: bool = False, headers: str = "", path: str = "/v1/chat/completions"
) -> bytes:
    """A chat request as it goes over the wire."""
    data = json.dumps((CHAT if body is None else body) | ({"stream": True} if stream else {})).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(data)}\r\n{headers}\r\n"
    return head.encode() + data


def connect(provider: RunningProvider) -> socket.socket:
    return socket.create_connection(("127.0.0.1", provider.port), timeout=20)


def receive_until_closed(client: socket.socket) -> tuple[bytes, str]:
    """All bytes, and how it ended: closed, reset or silent (nothing for half a second)."""
    client.settimeout(0.5)
    received = b""
    while True:
        try:
            part = client.recv(65536)
        except ConnectionResetError:
            return received, "reset"
        except TimeoutError:
            return received, "silent"
        if not part:
            return received, "closed"
        received += part


def exchange(provider: RunningProvider, data: bytes) -> tuple[bytes, str]:
    """Send bytes, receive all there is to receive."""
    with connect(provider) as client:
        client.sendall(data)
        return receive_until_closed(client)


def split_answer(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a raw answer, chunks as they are."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), headers, body


def wait_until(holds: Callable[[], bool]) -> None:
    """Return when it holds; fail when it does not within ten seconds."""
    deadline_s = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline_s, "it never came to that"
        time.sleep(0.005)


def wait_for_attempts(provider: RunningProvider, count: int) -> list[Attempt]:
    """The ledger, once it has so many attempts."""
    wait_until(lambda: len(provider.attempts) >= count)
    return provider.attempts

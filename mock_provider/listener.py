"""The listening socket, which can refuse or stall as the plan says.  In the provider's process.

Refusing closes the port while a second, bound but silent socket keeps its number ours.  Stalling stops accepting: the
kernel takes connections until its queue is full, and they are served when the stall is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

BACKLOG = 4096
HOST = "127.0.0.1"


class Listener:
    """Listens on loopback; ``open`` first."""

    def __init__(self, port: int, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._make_protocol = make_protocol
        self._keeper = _bind(port)
        self.port: int = self._keeper.getsockname()[1]
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen and accept."""
        if self._socket is None:
            self._socket = _bind(self.port)
            self._socket.listen(BACKLOG)
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                self._make_protocol, sock=self._socket.dup(), backlog=BACKLOG
            )

    def stall(self) -> None:
        """Go on listening, accept nothing."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def refuse(self) -> None:
        """Stop listening."""
        self.stall()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def close(self) -> None:
        """For good."""
        self.refuse()
        self._keeper.close()


def _bind(port: int) -> socket.socket:
    # Named as TCP: asyncio turns Nagle's delay off only then.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        listening.bind((HOST, port))
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one that counts
            listening.close()
        raise
    return listening

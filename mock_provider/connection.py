"""One TCP connection: bytes to requests, requests one after another to the server.  In the provider's process.

Whatever comes in, the answer is an error in the provider's shape or a clean close; nothing here may raise.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import httptools

from mock_provider.answer import Answer
from mock_provider.incoming import Head, Incoming, read_head
from mock_provider.openai_errors import error_answer

if TYPE_CHECKING:
    from mock_provider.exchange import Exchange
    from mock_provider.server import Server

MOST_HEAD_BYTES = 64 * 1024
MOST_BODY_BYTES = 64 * 1024 * 1024
MOST_PIPELINED = 100
MOST_REPEATED_BYTES = 4 * 1024  # of a larger request, hashing takes as long as parsing
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """Lives from accept to close.  Requests that come while one is being answered wait."""

    def __init__(self, server: Server, ordinal: int) -> None:
        self.ordinal = ordinal
        self.active_s = time.monotonic()  # last moment something came in or an answer ended
        self.exchange: Exchange | None = None
        self._server = server
        self._waiting: deque[Incoming] = deque()
        self._requests = 0
        # What has come of the present request.  The parser fills the first three without a call of ours in between.
        self._url: list[bytes] = []
        self._fields: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self.on_url = self._url.append
        self.on_header = self._fields.__setitem__
        self.on_body = self._body.append
        self._headers: dict[bytes, bytes] = {}
        self._has_head = False
        self._unparsed = 0
        self._is_between = (
            True  # the last request is complete and may be followed, nothing of the next has come
        )
        self._is_closing = False
        self._is_serving = False

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._server.connection_opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_closing = True
        self._waiting.clear()
        self._parser = None  # breaks the reference cycle
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.client_gone()
        self._server.connection_closed(self)

    def data_received(self, data: bytes) -> None:
        parser = self._parser
        if parser is None or self._is_closing:
            return
        self.active_s = time.monotonic()
        if not self._is_between or len(data) > MOST_REPEATED_BYTES:
            self._parse(parser, data)
        elif (repeated := self._server.repeats.get(data)) is not None:
            self._take(*repeated)
        else:
            self._parse_and_remember(parser, data)
        if self._waiting and self.exchange is None:
            self.serve_waiting()

    def _parse_and_remember(self, parser: httptools.HttpRequestParser, data: bytes) -> None:
        """Clients send the same bytes again and again.  Where they were one whole request, they will be again."""
        taken = self._requests
        self._parse(parser, data)
        if self._requests == taken + 1 and self._is_between and not self._is_closing:
            incoming = self._waiting[-1]
            if b"expect" not in incoming.head.headers:  # was answered in the middle
                self._server.repeats.remember(data, (incoming.head, incoming.body))

    def _parse(self, parser: httptools.HttpRequestParser, data: bytes) -> None:
        self._unparsed += len(data)
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.refuse(426, "Upgrading the connection is not supported.")
        except httptools.HttpParserError:
            self.refuse(400, "The request is no valid HTTP.")
        if self._unparsed:
            self._check_size()

    def eof_received(self) -> bool:
        return False  # a client that closes its side is gone: the transport is closed

    # ---- httptools

    def on_message_begin(self) -> None:
        self._is_between = False

    def on_headers_complete(self) -> None:
        self._has_head = True
        fields = self._fields
        self._headers = headers = {name.lower(): value for name, value in fields.items()}
        fields.clear()
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > MOST_BODY_BYTES:
            self._refuse_body()
        elif b"expect" in headers and headers[b"expect"].lower() == b"100-continue" and not self._is_closing:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _check_size(self) -> None:
        """Of a request that has not come whole."""
        if not self._has_head:
            if self._unparsed > MOST_HEAD_BYTES:
                self.refuse(431, f"The head of the request is larger than {MOST_HEAD_BYTES} bytes.")
        elif self._unparsed > MOST_BODY_BYTES and sum(map(len, self._body)) > MOST_BODY_BYTES:
            self._refuse_body()

    def _refuse_body(self) -> None:
        self.refuse(413, f"The body of the request is larger than {MOST_BODY_BYTES} bytes.")

    def on_message_complete(self) -> None:
        parser = self._parser
        if parser is None or self._is_closing:
            return
        url, body, headers = self._url, self._body, self._headers
        keeps_alive = parser.should_keep_alive()
        # HTTP/1.0 keeps a connection only where it says so; all others need not be asked.
        may_be_old = not keeps_alive or b"connection" in headers
        head = read_head(
            parser.get_method().decode("latin-1"),
            url[0] if len(url) == 1 else b"".join(url),
            headers,
            keeps_alive=keeps_alive,
            is_http_1_0=may_be_old and parser.get_http_version() == "1.0",
        )
        # Served after parsing: the parser would swallow what is raised in here.
        self._take(head, body[0] if len(body) == 1 else b"".join(body))
        self._has_head = False
        self._is_between = keeps_alive
        url.clear()
        body.clear()
        self._fields.clear()  # trailers

    def _take(self, head: Head, body: bytes) -> None:
        """A whole request."""
        self._unparsed = 0
        self._waiting.append(
            Incoming(head=head, body=body, received_s=self.active_s, connection_request=self._requests)
        )
        self._requests += 1
        if len(self._waiting) > MOST_PIPELINED:
            self.refuse(429, f"More than {MOST_PIPELINED} requests wait on one connection.")

    # ---- for exchanges

    @property
    def is_closing(self) -> bool:
        return self._is_closing

    @property
    def is_mid_request(self) -> bool:
        """Whether a request has begun and not been received whole."""
        return self.exchange is None and (self._unparsed > 0 or self._has_head)

    def write(self, data: bytes) -> None:
        if not self._is_closing:
            self.transport.write(data)

    def write_all(self, parts: Sequence[bytes]) -> None:
        """Parts that are too large to be copied into one."""
        if not self._is_closing:
            self.transport.writelines(parts)

    def exchange_ended(self, now_s: float, *, keeps_alive: bool) -> None:
        """The answer is out; the next request's turn."""
        self.exchange = None
        self.active_s = now_s
        if not keeps_alive:
            self.close()
        elif self._waiting:
            self.serve_waiting()

    def serve_waiting(self) -> None:
        """Answer the requests that have come, one after another."""
        if self._is_serving:
            return  # an answer that was out at once; the loop below goes on
        self._is_serving = True
        while self._waiting and self.exchange is None and not self._is_closing:
            self._server.receive(self, self._waiting.popleft())
        self._is_serving = False

    def close(self) -> None:
        """FIN, after what was written is out."""
        self._is_closing = True
        self.transport.close()

    def reset(self) -> None:
        """RST, at once."""
        self._is_closing = True
        handle: socket.socket | None = self.transport.get_extra_info("socket")
        if handle is not None and not self.transport.is_closing():
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.transport.abort()

    def refuse(self, status: int, message: str) -> None:
        """Answer what is no proper request, and close; in the middle of another answer, just close."""
        if self._is_closing:
            return
        answer: Answer = error_answer(status, message, "invalid_request_error")
        self._server.statistics.bad_requests += 1
        if self.exchange is None:
            self.write(self._server.write_simple(answer, keeps_alive=False))
        self.close()

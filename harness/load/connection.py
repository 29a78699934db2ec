"""One user's keep-alive connection.  Runs under gevent.  A request is sent once: it is never repeated behind our back.

Not Locust's own client: that sends a GET again when the connection breaks, and above about a thousand sockets it opens
a new connection for each request, because its check for stale ones stops at select()'s limit.
"""

from __future__ import annotations

import select
import socket
import ssl
import time

import gevent
from gevent import monkey

from harness.load.answer import Answer
from harness.load.service import Request, Service

BLOCK_BYTES = 65_536


class NoAnswerInTimeError(Exception):
    """The whole answer was not there in time."""


class Connection:
    """Connects when it must, and again after the peer has closed."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._service: Service | None = None
        # The unpatched poll asks the kernel and returns at once; gevent's would go through the hub.
        self._poll = monkey.get_original("select", "poll")()

    def exchange(
        self, service: Service, request: Request, headers: dict[str, str], answer: Answer, *, timeout_s: float
    ) -> None:
        """Send the request and read the whole answer; what arrived before an error stays in ``answer``.

        Raises OSError (also when another greenlet closes the connection), BrokenAnswerError or NoAnswerInTimeError.
        """
        timer = gevent.Timeout(timeout_s)
        timer.start()
        try:
            peer = self._connect(service)
            peer.sendall(_encode(service, request, headers))
            while not answer.is_complete:
                answer.feed(peer.recv(BLOCK_BYTES), time.monotonic())
        except gevent.Timeout as expired:
            if expired is not timer:  # the timer of whoever called us
                raise
            raise NoAnswerInTimeError(f"no answer within {timeout_s:g} s") from None
        finally:
            timer.close()
            if not answer.keeps_alive:
                self.close()

    def close(self) -> None:
        """Also from another greenlet: whoever waits on the connection gets an OSError."""
        peer, self._socket = self._socket, None
        if peer is not None:
            peer.close()

    def _connect(self, service: Service) -> socket.socket:
        if self._socket is not None and (service != self._service or self._has_ended(self._socket)):
            self.close()
        return self._socket or self._open(service)

    def _has_ended(self, idle: socket.socket) -> bool:
        """An idle connection that can be read has been closed, or carries what nobody asked for."""
        self._poll.register(idle.fileno(), select.POLLIN)
        readable = self._poll.poll(0)
        self._poll.unregister(idle.fileno())
        return bool(readable)

    def _open(self, service: Service) -> socket.socket:
        addresses = socket.getaddrinfo(service.host, service.port, type=socket.SOCK_STREAM)
        for number, (family, kind, protocol, _, address) in enumerate(addresses, 1):
            # Kept before it connects, so that `close` reaches it while it does.
            peer = self._socket = socket.socket(family, kind, protocol)
            try:
                peer.connect(address)
                break
            except OSError:
                self.close()
                if number == len(addresses):
                    raise
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if service.is_tls:
            peer = self._socket = _wrap_tls(peer, service.host)
        self._service = service
        return peer


def _wrap_tls(peer: socket.socket, host: str) -> socket.socket:
    # The service is on this machine, its certificate usually self-signed.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(peer, server_hostname=host)


def _encode(service: Service, request: Request, headers: dict[str, str]) -> bytes:
    host = f"[{service.host}]" if ":" in service.host else service.host
    lines = [
        f"{request.method} {request.path} HTTP/1.1",
        f"host: {host}:{service.port}",
        "user-agent: chainload",
        "accept: */*",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if request.content_type is not None:
        lines.append(f"content-type: {request.content_type}")
    if request.body or request.method not in ("GET", "HEAD", "OPTIONS"):
        lines.append(f"content-length: {len(request.body)}")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + request.body

"""Refuses connections that leave this machine, so that a chain with a hard-coded provider spends no money under load.

An audit hook sees every connect and name look-up of Python's sockets, whichever library makes them; uvloop, which has
sockets of its own, is wrapped at its public methods.  Out of reach: native extensions with their own sockets (gRPC) and
programs that the chain starts.
"""

from __future__ import annotations

import functools
import importlib.util
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from harness.target.addresses import is_loopback, parse_address

LOOK_UPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})


class EgressRefusedError(PermissionError):
    """A connection to a host that the run does not allow.  An OSError: libraries treat it as a failed connection."""


class EgressGuard:
    """Decides which hosts may be reached.

    on_refused: called once for each host and port, in the thread that tried.
    """

    def __init__(self, allow_hosts: Iterable[str], *, on_refused: Callable[[str, int | None], None]) -> None:
        self._names = {_name_of(host) for host in allow_hosts}
        self._addresses = {str(address) for name in self._names if (address := parse_address(name))}
        self._own_name = socket.gethostname().lower()
        self._on_refused = on_refused
        self._refused: set[tuple[str, int | None]] = set()
        self._lock = threading.Lock()

    def install(self) -> None:
        """From here on until the process ends: an audit hook cannot be taken back."""
        for name in self._names:
            self._learn(name)
        self._follow_look_ups()
        if importlib.util.find_spec("uvloop") is not None:
            self._wrap_uvloop()
        sys.addaudithook(self._audit)

    def check(self, host: str | None, port: Any) -> None:
        """Raises EgressRefusedError unless the host is this machine or allowed."""
        if is_loopback(host) or host is None:
            return
        name = _name_of(host)
        address = parse_address(name)
        if name in self._names or (address is not None and str(address) in self._addresses):
            return
        number = port if isinstance(port, int) else None
        self._report(name, number)
        place = name if number is None else f"{name}:{number}"
        raise EgressRefusedError(
            f"chainload lets the chain reach only the mock provider and this machine, not {place}; "
            f"allow it with --allow-host {name}"
        )

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in SENDS:
            sock, address = arguments
            if sock.family in INTERNET and isinstance(address, tuple):
                self.check(_text(address[0]), address[1])
        elif event in LOOK_UPS:
            host = _text(arguments[0])
            if host is None or host.lower() == self._own_name:  # asking for one's own address is no traffic
                return
            self.check(host, arguments[1] if len(arguments) > 1 else None)

    def _report(self, host: str, port: int | None) -> None:
        with self._lock:
            known = (host, port) in self._refused
            self._refused.add((host, port))
        if not known:
            self._on_refused(host, port)

    def _learn(self, name: str) -> None:
        """Remember the addresses of an allowed name: connects show only those."""
        try:
            self._remember(socket.getaddrinfo(name, None))
        except OSError:  # not resolvable now; look-ups of the chain itself are followed too
            return

    def _remember(self, results: Iterable[Any]) -> None:
        self._addresses.update(str(parse_address(str(result[4][0]))) for result in results)

    def _follow_look_ups(self) -> None:
        original = socket.getaddrinfo

        @functools.wraps(original)
        def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
            results = original(host, *arguments, **options)
            if self._is_allowed_name(host):
                self._remember(results)
            return results

        socket.getaddrinfo = getaddrinfo

    def _is_allowed_name(self, host: Any) -> bool:
        text = _text(host)
        return text is not None and _name_of(text) in self._names

    def _wrap_uvloop(self) -> None:
        import uvloop

        guard = self
        base: Any = uvloop.Loop

        class GuardedLoop(base):  # type: ignore[misc]
            async def create_connection(
                self, factory: Any, host: Any = None, port: Any = None, **options: Any
            ) -> Any:
                guard.check(_text(host), port)
                return await super().create_connection(factory, host, port, **options)

            async def create_datagram_endpoint(self, factory: Any, *arguments: Any, **options: Any) -> Any:
                remote = options.get("remote_addr") or (arguments[1] if len(arguments) > 1 else None)
                if remote is not None:
                    guard.check(_text(remote[0]), remote[1])
                return await super().create_datagram_endpoint(factory, *arguments, **options)

            async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> Any:
                guard.check(_text(host), port)
                results = await super().getaddrinfo(host, port, **options)
                if guard._is_allowed_name(host):
                    guard._remember(results)
                return results

            async def sock_connect(self, sock: Any, address: Any) -> Any:
                if sock.family in INTERNET:
                    guard.check(_text(address[0]), address[1])
                return await super().sock_connect(sock, address)

        uvloop.Loop = GuardedLoop  # type: ignore[misc]


def _name_of(host: str) -> str:
    """Without port, brackets and final dot; lower case."""
    text = host.strip().lower()
    if text.count(":") == 1:
        text = text.partition(":")[0]
    return text.strip("[]").rstrip(".")


def _text(host: Any) -> str | None:
    if isinstance(host, (bytes, bytearray)):
        return bytes(host).decode("latin-1")
    return host if isinstance(host, str) else None

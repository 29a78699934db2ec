"""One request as it came over the wire, whole.  Pure."""

from __future__ import annotations

import re

import msgspec

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
STEERING_HEADER = b"x-mock-set"


class Incoming(msgspec.Struct, kw_only=True):
    """Header names are in lower case; of repeated headers the last counts."""

    method: str
    target: bytes  # path and query
    headers: dict[bytes, bytes]
    body: bytes = b""
    keeps_alive: bool = True
    is_http_1_0: bool = False
    received_s: float = 0.0
    connection_request: int = 0

    @property
    def path(self) -> str:
        return self.target.partition(b"?")[0].decode("utf-8", "replace")

    def get(self, name: str) -> str | None:
        """A header by its lower-case name, as text."""
        value = self.headers.get(name.encode("latin-1", "replace"))
        return None if value is None else value.decode("latin-1")

    def number(self, name: bytes) -> float | None:
        """A header as a finite number of at least 0; None when it is absent or none."""
        value = self.headers.get(name)
        if value is None:
            return None
        try:
            number = float(value)
        except ValueError:
            return None
        return number if 0 <= number < 1e12 else None

    @property
    def api_key(self) -> str:
        """From `authorization: Bearer` or Azure's `api-key`; empty when there is none."""
        value = self.headers.get(b"authorization", b"")
        if value[:7] not in (b"Bearer ", b"bearer "):
            return self.headers.get(b"api-key", b"").decode("latin-1")
        return value[7:].decode("latin-1")

    @property
    def retry_count(self) -> int | None:
        """Of the openai client: 0 is a first try."""
        retries = self.number(b"x-stainless-retry-count")
        return None if retries is None else int(retries)

    @property
    def trace_id(self) -> str | None:
        value = self.headers.get(b"traceparent")
        match = _TRACEPARENT.fullmatch(value) if value is not None else None
        return match.group(1).decode() if match else None

    @property
    def steering(self) -> str | None:
        """What the request wants of the plan for itself."""
        value = self.headers.get(STEERING_HEADER)
        return None if value is None else value.decode("utf-8", "replace")

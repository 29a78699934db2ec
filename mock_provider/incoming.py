"""One request as it came over the wire, whole.  Pure."""

from __future__ import annotations

import re

import msgspec

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
STEERING_HEADER = b"x-mock-set"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before the body; `read_head` makes it.  Shared by equal requests, so nothing in it may be changed.

    Header names are in lower case; of repeated headers the last counts.
    """

    method: str
    target: bytes  # path and query
    headers: dict[bytes, bytes]
    keeps_alive: bool
    is_http_1_0: bool
    # What the headers say:
    api_key: str  # from `authorization: Bearer` or Azure's `api-key`; empty when there is none
    trace_id: str | None
    retry_count: int | None  # of the openai client: 0 is a first try
    read_timeout_s: float | None

    @property
    def path(self) -> str:
        return self.target.partition(b"?")[0].decode("utf-8", "replace")

    @property
    def steering(self) -> str | None:
        """What the request wants of the plan for itself."""
        value = self.headers.get(STEERING_HEADER)
        return None if value is None else value.decode("utf-8", "replace")

    def get(self, name: str) -> str | None:
        """A header by its lower-case name, as text."""
        value = self.headers.get(name.encode("latin-1", "replace"))
        return None if value is None else value.decode("latin-1")


class Incoming(msgspec.Struct, kw_only=True):
    """Head and body, and when they came."""

    head: Head
    body: bytes = b""
    received_s: float = 0.0
    connection_request: int = 0


def read_head(
    method: str,
    target: bytes,
    headers: dict[bytes, bytes],
    *,
    keeps_alive: bool = True,
    is_http_1_0: bool = False,
) -> Head:
    """A head with all its headers say."""
    retries = _number(headers.get(b"x-stainless-retry-count"))
    return Head(
        method=method,
        target=target,
        headers=headers,
        keeps_alive=keeps_alive,
        is_http_1_0=is_http_1_0,
        api_key=_api_key(headers),
        trace_id=_trace_id(headers.get(b"traceparent")),
        retry_count=None if retries is None else int(retries),
        read_timeout_s=_number(headers.get(b"x-stainless-read-timeout")),
    )


def _number(value: bytes | None) -> float | None:
    """A header as a finite number of at least 0; None when it is absent or none."""
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < 1e12 else None


def _api_key(headers: dict[bytes, bytes]) -> str:
    value = headers.get(b"authorization", b"")
    if value[:7] not in (b"Bearer ", b"bearer "):
        return headers.get(b"api-key", b"").decode("latin-1")
    return value[7:].decode("latin-1")


def _trace_id(value: bytes | None) -> str | None:
    match = _TRACEPARENT.fullmatch(value) if value is not None else None
    return match.group(1).decode() if match else None

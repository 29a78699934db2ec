"""Lets respx meet requests of httpx2, which openai 3 uses.  Import it only where httpx2 is installed.

respx knows httpx alone: its requests and responses are translated here, and so are its exceptions, which a client of
httpx2 would not recognise.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpcore2
import httpx
import httpx2
from respx.mocks import HTTPCoreMocker


class HTTPCore2Mocker(HTTPCoreMocker):
    """`respx.mock(using="httpcore2")`."""

    name = "httpcore2"
    targets = [  # noqa: RUF012 - respx changes it in place
        "httpcore2._sync.connection.HTTPConnection",
        "httpcore2._sync.connection_pool.ConnectionPool",
        "httpcore2._sync.http_proxy.HTTPProxy",
        "httpcore2._async.connection.AsyncHTTPConnection",
        "httpcore2._async.connection_pool.AsyncConnectionPool",
        "httpcore2._async.http_proxy.AsyncHTTPProxy",
    ]

    @classmethod
    def from_sync_httpx_response(
        cls, httpx_response: httpx.Response, target: Any, **_: Any
    ) -> httpcore2.Response:
        return httpcore2.Response(
            status=httpx_response.status_code,
            headers=httpx_response.headers.raw,
            content=_Translated(httpx_response.stream),
            extensions=httpx_response.extensions,
        )

    @classmethod
    def _send_sync_request(cls, httpx_request: httpx.Request, **kwargs: Any) -> Any:
        try:
            return super()._send_sync_request(httpx_request, **kwargs)  # type: ignore[no-untyped-call]
        except httpx.TransportError as error:
            raise translate(error) from error

    @classmethod
    async def _send_async_request(cls, httpx_request: httpx.Request, **kwargs: Any) -> Any:
        try:
            return await super()._send_async_request(httpx_request, **kwargs)  # type: ignore[no-untyped-call]
        except httpx.TransportError as error:
            raise translate(error) from error


def translate(error: httpx.TransportError) -> httpx2.TransportError:
    """The error of the same name in httpx2."""
    kind: type[httpx2.TransportError] = getattr(httpx2, type(error).__name__)
    return kind(str(error))


class _Translated:
    """A body whose errors are httpx2's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except httpx.TransportError as error:
            raise translate(error) from error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except httpx.TransportError as error:
            raise translate(error) from error

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()

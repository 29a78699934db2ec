"""HTTP through urllib3 (below requests) and aiohttp: exchanges, and waits for a connection of a full pool."""

from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any

from harness.target.probes.origins import find_origin
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import OpenSpan, OpenTrace, current_trace


class Urllib3Probe:
    """Wraps ``HTTPConnectionPool``; the span of an exchange ends with the head unless the body is read at once."""

    name = "urllib3"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.imports.when_loaded("urllib3.connectionpool", self._patch)

    def uninstall(self) -> None:
        self._patches.restore()

    def _patch(self, module: ModuleType) -> None:
        self._patches.replace(module.HTTPConnectionPool, "_make_request", self._wrap_exchange)
        self._patches.replace(module.HTTPConnectionPool, "_get_conn", self._wrap_get)

    def _wrap_exchange(self, original: Any) -> Any:
        def _make_request(pool: Any, *args: Any, **kwargs: Any) -> Any:
            trace = current_trace()
            if trace is None or self._context is None:
                return original(pool, *args, **kwargs)
            span = begin_exchange(self._context, trace, f"{pool.host}:{pool.port}", sys._getframe(1))
            try:
                response = original(pool, *args, **kwargs)
                span.detail = str(response.status)
                return response
            finally:
                span.close()

        return functools.wraps(original)(_make_request)

    def _wrap_get(self, original: Any) -> Any:
        def _get_conn(pool: Any, timeout: float | None = None) -> Any:
            trace = current_trace()
            if trace is None or not pool.block or self._context is None:
                return original(pool, timeout)
            site = find_origin(self._context.sites, sys._getframe(1))
            span = trace.begin("pool_wait", site, f"http_pool:urllib3:{pool.host}:{pool.port}")
            try:
                return original(pool, timeout)
            finally:
                span.close()

        return functools.wraps(original)(_get_conn)


class AiohttpProbe:
    """Wraps the session's request and the connector's wait."""

    name = "aiohttp"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.imports.when_loaded("aiohttp.client", self._patch_client)
        context.imports.when_loaded("aiohttp.connector", self._patch_connector)

    def uninstall(self) -> None:
        self._patches.restore()

    def _patch_client(self, module: ModuleType) -> None:
        self._patches.replace(module.ClientSession, "_request", self._wrap_request)

    def _patch_connector(self, module: ModuleType) -> None:
        self._patches.replace(module.BaseConnector, "_wait_for_available_connection", self._wrap_wait)

    def _wrap_request(self, original: Any) -> Any:
        async def _request(session: Any, method: str, url: Any, **options: Any) -> Any:
            trace = current_trace()
            if trace is None or self._context is None:
                return await original(session, method, url, **options)
            host = str(url).partition("://")[2].partition("/")[0] or str(url)
            span = begin_exchange(self._context, trace, host, sys._getframe(1))
            try:
                response = await original(session, method, url, **options)
                span.detail = str(response.status)
                return response
            finally:
                span.close()

        return functools.wraps(original)(_request)

    def _wrap_wait(self, original: Any) -> Any:
        async def _wait_for_available_connection(connector: Any, *args: Any) -> Any:
            trace = current_trace()
            if trace is None or self._context is None:
                return await original(connector, *args)
            span = trace.begin(
                "pool_wait", find_origin(self._context.sites, sys._getframe(1)), "http_pool:aiohttp"
            )
            try:
                return await original(connector, *args)
            finally:
                span.close()

        return functools.wraps(original)(_wait_for_available_connection)


def begin_exchange(context: ProbeContext, trace: OpenTrace, host: str, frame: Any) -> OpenSpan:
    """The span of an exchange with a host (host:port)."""
    resource = "provider" if host in context.providers else f"http:{host}"
    trace.count("exchanges")
    return trace.begin("provider", find_origin(context.sites, frame), resource)

"""HTTP through httpcore and httpcore2 (below httpx, httpx2, openai): exchanges, pool waits, connects, slow consumers.

The pools have no public hook for their waits, so the private classes of both are wrapped; a version without them is
reported as such.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import time
import weakref
from types import ModuleType
from typing import Any

from harness.probe_records import Anomaly, Gauge, Span
from harness.target.probes.http_connects import wrap_async_connect, wrap_connect
from harness.target.probes.loop_errors import kind_of
from harness.target.probes.origins import find_origin
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import OpenSpan, context_id, current_trace
from harness.target.probes.sites import UNKNOWN
from harness.target.probes.weak_tables import each_alive

GAUGE_S = 0.2
UNLIMITED = 100_000  # more connections than anybody means
SLOW_CONSUMER_S = 0.003  # between two parts of a body
MAX_NAMES = 1_000  # kept
MAX_SAID = 20  # errors of mixed-up loops
SPAN = "_chainload_span"
RETRY_HEADER = b"x-stainless-retry-count"


class HttpPoolsProbe:
    """One of the two libraries."""

    def __init__(self, library: str) -> None:
        self.name = f"http_pools_{library}"
        self._library = library
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._pools: weakref.WeakKeyDictionary[Any, tuple[str, int]] = weakref.WeakKeyDictionary()
        self._resources: dict[tuple[bytes, bytes, int | None], str] = {}  # by scheme, host, port
        self._unnamed = 0
        self._said = 0

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.observer.every(GAUGE_S, self._gauge, name=self.name)
        for part in ("_async", "_sync"):
            context.imports.when_loaded(f"{self._library}.{part}.connection_pool", self._patch_pool)
            context.imports.when_loaded(f"{self._library}.{part}.connection", self._patch_connection)

    def uninstall(self) -> None:
        self._patches.restore()
        if self._context is not None:
            self._context.observer.stop_doing(self.name)

    def _patch_pool(self, module: ModuleType) -> None:
        replace = self._patches.replace
        if hasattr(module, "AsyncConnectionPool"):
            replace(module.AsyncConnectionPool, "__init__", self._wrap_init)
            replace(module.AsyncConnectionPool, "handle_async_request", self._wrap_async_request)
            replace(module.AsyncPoolRequest, "wait_for_connection", self._wrap_async_wait)
            replace(module.PoolByteStream, "aclose", _wrap_async_close)
            replace(module.PoolByteStream, "__aiter__", self._wrap_async_parts)
        else:
            replace(module.ConnectionPool, "__init__", self._wrap_init)
            replace(module.ConnectionPool, "handle_request", self._wrap_request)
            replace(module.PoolRequest, "wait_for_connection", self._wrap_wait)
            replace(module.PoolByteStream, "close", _wrap_close)
            replace(module.PoolByteStream, "__iter__", self._wrap_parts)

    def _patch_connection(self, module: ModuleType) -> None:
        if hasattr(module, "AsyncHTTPConnection"):
            self._patches.replace(module.AsyncHTTPConnection, "_connect", wrap_async_connect)
        else:
            self._patches.replace(module.HTTPConnection, "_connect", wrap_connect)

    def _wrap_init(self, original: Any) -> Any:
        assert self._context is not None
        sites, pools = self._context.sites, self._pools

        def initialise(pool: Any, *args: Any, **kwargs: Any) -> None:
            original(pool, *args, **kwargs)
            site = sites.of_stack(sys._getframe(1))
            if site == UNKNOWN:
                self._unnamed += 1
            pools[pool] = (f"http_pool:{self._unnamed if site == UNKNOWN else f'site{site}'}", site)

        return functools.wraps(original)(initialise)

    # ---- asyncio ----

    def _wrap_async_request(self, original: Any) -> Any:
        begin = self._begin

        async def handle_async_request(pool: Any, request: Any) -> Any:
            span = begin(request, sys._getframe(1))
            if span is None:
                return await original(pool, request)
            try:
                response = await original(pool, request)
            except BaseException as error:
                self._failed(span, error)
                raise
            _answered(span, response)
            return response

        return functools.wraps(original)(handle_async_request)

    def _wrap_async_wait(self, original: Any) -> Any:
        async def wait_for_connection(pool_request: Any, *args: Any, **kwargs: Any) -> Any:
            trace = current_trace()
            if trace is None or pool_request.connection is not None:
                return await original(pool_request, *args, **kwargs)
            span = self._begin_wait(trace, sys._getframe(1))
            try:
                return await original(pool_request, *args, **kwargs)
            finally:
                span.close()

        return functools.wraps(original)(wait_for_connection)

    def _wrap_async_parts(self, original: Any) -> Any:
        note_gap = self._note_gap

        async def follow(stream: Any, span: OpenSpan) -> Any:
            async with contextlib.aclosing(original(stream)) as parts:
                async for part in parts:
                    given_s = time.monotonic()
                    yield part
                    if time.monotonic() - given_s > SLOW_CONSUMER_S:
                        note_gap(span, given_s, sys._getframe(1))

        def pull(stream: Any) -> Any:
            span = getattr(stream, SPAN, None)
            return original(stream) if span is None else follow(stream, span)

        return functools.wraps(original)(pull)

    # ---- threads ----

    def _wrap_request(self, original: Any) -> Any:
        begin = self._begin

        def handle_request(pool: Any, request: Any) -> Any:
            span = begin(request, sys._getframe(1))
            if span is None:
                return original(pool, request)
            try:
                response = original(pool, request)
            except BaseException as error:
                self._failed(span, error)
                raise
            _answered(span, response)
            return response

        return functools.wraps(original)(handle_request)

    def _wrap_wait(self, original: Any) -> Any:
        def wait_for_connection(pool_request: Any, *args: Any, **kwargs: Any) -> Any:
            trace = current_trace()
            if trace is None or pool_request.connection is not None:
                return original(pool_request, *args, **kwargs)
            span = self._begin_wait(trace, sys._getframe(1))
            try:
                return original(pool_request, *args, **kwargs)
            finally:
                span.close()

        return functools.wraps(original)(wait_for_connection)

    def _wrap_parts(self, original: Any) -> Any:
        note_gap = self._note_gap

        def follow(stream: Any, span: OpenSpan) -> Any:
            with contextlib.closing(original(stream)) as parts:
                for part in parts:
                    given_s = time.monotonic()
                    yield part
                    if time.monotonic() - given_s > SLOW_CONSUMER_S:
                        note_gap(span, given_s, sys._getframe(1))

        def pull(stream: Any) -> Any:
            span = getattr(stream, SPAN, None)
            return original(stream) if span is None else follow(stream, span)

        return functools.wraps(original)(pull)

    # ---- both ----

    def _begin(self, request: Any, frame: Any) -> OpenSpan | None:
        trace = current_trace()
        if trace is None or self._context is None:
            return None
        url, retry = request.url, b""
        resource = self._resources.get((url.scheme, url.host, url.port)) or self._name(url)
        for name, value in request.headers:
            if len(name) == len(RETRY_HEADER) and name.lower() == RETRY_HEADER:
                retry = value
                break
        trace.count("exchanges")
        detail = f" {retry.decode('latin-1')}" if retry else ""
        return trace.begin("provider", find_origin(self._context.sites, frame), resource, detail=detail)

    def _name(self, url: Any) -> str:
        assert self._context is not None
        host = f"{url.host.decode('ascii', 'replace')}:{url.port or (443 if url.scheme == b'https' else 80)}"
        name = "provider" if host in self._context.providers else f"http:{host}"
        if len(self._resources) < MAX_NAMES:
            self._resources[url.scheme, url.host, url.port] = name
        return name

    def _failed(self, span: OpenSpan, error: BaseException) -> None:
        """An exchange that ended in an error; one that tells of mixed-up loops is said, since retries may hide it."""
        span.detail = type(error).__name__ + span.detail
        span.close()
        kind = kind_of(error)
        if kind is None or self._context is None or self._said >= MAX_SAID:
            return
        self._said += 1
        message, trace_id = f"{type(error).__name__}: {error}"[:300], span.trace.trace_id
        self._context.emit(
            Anomaly(at_s=time.monotonic(), kind=kind, message=message, site=span.site, trace_id=trace_id)
        )

    def _begin_wait(self, trace: Any, frame: Any) -> OpenSpan:
        pool = frame.f_locals.get("self")  # of the pool's own request method
        name, _ = self._pools.get(pool, ("http_pool:0", UNKNOWN)) if pool is not None else ("http_pool:0", -1)
        assert self._context is not None
        span: OpenSpan = trace.begin("pool_wait", find_origin(self._context.sites, frame), name)
        return span

    def _note_gap(self, span: OpenSpan, given_s: float, frame: Any) -> None:
        """The consumer took its time; named when user code is among those who pull."""
        assert self._context is not None
        site = self._context.sites.of_stack(frame)
        if site != UNKNOWN:
            now_s = time.monotonic()
            span.trace.add(Span("stream_consumer", site, given_s, now_s, context_id(), "stream"))

    def _gauge(self, now_s: float) -> None:
        assert self._context is not None
        sums: dict[str, list[float]] = {}
        sites: dict[str, int] = {}
        for pool, (name, site) in each_alive(self._pools):
            requests, connections = list(pool._requests), list(pool._connections)
            if not requests and not connections:
                continue
            queued = sum(1 for request in requests if request.connection is None)
            total = sums.setdefault(name, [0.0, 0.0, 0.0])
            total[0] += len(requests) - queued
            total[1] += pool._max_connections
            total[2] += queued
            sites[name] = site
        for name, (in_use, capacity, waiting) in sums.items():
            limit = capacity if capacity < UNLIMITED else None
            self._context.emit(
                Gauge(
                    at_s=now_s,
                    resource=name,
                    in_use=in_use,
                    capacity=limit,
                    waiting=waiting,
                    site=sites[name],
                )
            )


def _answered(span: OpenSpan, response: Any) -> None:
    """The head is here; the span ends with the body."""
    span.detail = f"{response.status}{span.detail}"
    setattr(response.stream, SPAN, span)


def _wrap_async_close(original: Any) -> Any:
    async def aclose(stream: Any) -> None:
        span = getattr(stream, SPAN, None)
        if span is not None:
            span.close(shortest_s=0.0)
        await original(stream)

    return functools.wraps(original)(aclose)


def _wrap_close(original: Any) -> Any:
    def close(stream: Any) -> None:
        span = getattr(stream, SPAN, None)
        if span is not None:
            span.close(shortest_s=0.0)
        original(stream)

    return functools.wraps(original)(close)

"""Opening a connection, name look-up and TLS included: wraps for the ``_connect`` of httpcore and httpcore2."""

from __future__ import annotations

import functools
from typing import Any

from harness.target.probes.recorder import current_trace
from harness.target.probes.sites import UNKNOWN


def wrap_async_connect(original: Any) -> Any:
    async def _connect(connection: Any, request: Any) -> Any:
        trace = current_trace()
        if trace is None:
            return await original(connection, request)
        span = trace.begin("connect", UNKNOWN, "connect")
        try:
            return await original(connection, request)
        finally:
            span.close()

    return functools.wraps(original)(_connect)


def wrap_connect(original: Any) -> Any:
    def _connect(connection: Any, request: Any) -> Any:
        trace = current_trace()
        if trace is None:
            return original(connection, request)
        span = trace.begin("connect", UNKNOWN, "connect")
        try:
            return original(connection, request)
        finally:
            span.close()

    return functools.wraps(original)(_connect)

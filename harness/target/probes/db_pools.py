"""SQLAlchemy's QueuePool: waits for a connection, and how long each is out.  Sync and async engines share it."""

from __future__ import annotations

import functools
import sys
import weakref
from types import ModuleType
from typing import Any

from harness.probe_records import Gauge
from harness.target.probes.permits import Permits
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace
from harness.target.probes.sites import UNKNOWN
from harness.target.probes.weak_tables import each_alive

GAUGE_S = 0.2


class DbPoolsProbe:
    """Wraps the pool's private ``_do_get`` and ``_do_return_conn``."""

    name = "db_pools"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._pools: weakref.WeakKeyDictionary[Any, Permits] = weakref.WeakKeyDictionary()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.observer.every(GAUGE_S, self._gauge, name=self.name)
        context.imports.when_loaded("sqlalchemy.pool.impl", self._patch)

    def uninstall(self) -> None:
        self._patches.restore()
        if self._context is not None:
            self._context.observer.stop_doing(self.name)

    def _patch(self, module: ModuleType) -> None:
        self._patches.replace(module.QueuePool, "_do_get", self._wrap_get)
        self._patches.replace(module.QueuePool, "_do_return_conn", self._wrap_return)

    def _wrap_get(self, original: Any) -> Any:
        assert self._context is not None
        sites, permits_of = self._context.sites, self._permits_of

        def _do_get(pool: Any) -> Any:
            trace = current_trace()
            if trace is None:
                return original(pool)
            permits, site = permits_of(pool), sites.of_stack(sys._getframe(1))
            permits.waiting += 1
            full = pool._max_overflow > -1 and pool._overflow >= pool._max_overflow and pool._pool.empty()
            kind = "pool_wait" if full else "connect"
            span = trace.begin(kind, site, permits.name)
            try:
                connection = original(pool)
            finally:
                permits.waited(span)
            permits.taken(trace, site)
            return connection

        return functools.wraps(original)(_do_get)

    def _wrap_return(self, original: Any) -> Any:
        pools = self._pools

        def _do_return_conn(pool: Any, record: Any) -> Any:
            permits = pools.get(pool)
            if permits is not None:
                permits.given_back()
            return original(pool, record)

        return functools.wraps(original)(_do_return_conn)

    def _permits_of(self, pool: Any) -> Permits:
        permits = self._pools.get(pool)
        if permits is None:
            capacity = pool.size() + pool._max_overflow if pool._max_overflow > -1 else None
            permits = self._pools[pool] = Permits(
                f"db_pool:{len(self._pools)}", site=UNKNOWN, capacity=capacity
            )
        return permits

    def _gauge(self, now_s: float) -> None:
        assert self._context is not None
        for pool, permits in each_alive(self._pools):
            self._context.emit(
                Gauge(
                    at_s=now_s,
                    resource=permits.name,
                    in_use=pool.checkedout(),
                    capacity=permits.capacity,
                    waiting=permits.waiting,
                    served=permits.served,
                    held_s=permits.held_s,
                )
            )

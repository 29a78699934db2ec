"""AnyIO's Lock, Semaphore and CapacityLimiter where user code takes them."""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from harness.target.probes.permits import PermitBook, Permits
from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace
from harness.target.probes.sites import UNKNOWN

GAUGE_S = 0.2
THROUGH = ("anyio",)


class AnyioSyncProbe:
    """Wraps acquire and release of the asyncio backend's classes."""

    name = "anyio_sync"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()
        self._book: PermitBook | None = None
        self._states: dict[int, tuple[Any, Permits]] = {}  # by id; slots leave no room for an attribute

    def install(self, context: ProbeContext) -> None:
        self._context = context
        self._book = PermitBook(context.emit)
        context.observer.every(GAUGE_S, self._book.write, name=self.name)
        context.imports.when_loaded("anyio._backends._asyncio", self._patch)

    def uninstall(self) -> None:
        self._patches.restore()
        self._states.clear()
        if self._context is not None:
            self._context.observer.stop_doing(self.name)

    def _patch(self, module: ModuleType) -> None:
        for owner, take, give, kind, capacity in (
            (module.Lock, "acquire", "release", "lock", lambda lock: 1),
            (module.Semaphore, "acquire", "release", "semaphore", lambda semaphore: None),
            (
                module.CapacityLimiter,
                "acquire_on_behalf_of",
                "release_on_behalf_of",
                "limiter",
                lambda limiter: limiter.total_tokens,
            ),
        ):
            self._patches.replace(
                owner, take, functools.partial(self._wrap_take, kind=kind, capacity=capacity)
            )
            self._patches.replace(owner, give, self._wrap_give)

    def _wrap_take(self, original: Any, *, kind: str, capacity: Callable[[Any], float | None]) -> Any:
        assert self._context is not None
        sites, state_of = self._context.sites, self._state_of

        async def acquire(primitive: Any, *args: Any, **named: Any) -> Any:
            trace, frame = current_trace(), sys._getframe(1)
            site, _ = (UNKNOWN, "") if trace is None else sites.of_caller(frame, through=THROUGH)
            if trace is None or site == UNKNOWN or _is_for_a_thread(frame):
                return await original(primitive, *args, **named)
            state = state_of(primitive, kind, site, capacity(primitive))
            span = state.wait(trace, site)  # forgotten when it was short
            try:
                got = await original(primitive, *args, **named)
            finally:
                state.waited(span)
            state.taken(trace, site)
            return got

        return functools.wraps(original)(acquire)

    def _wrap_give(self, original: Any) -> Any:
        states = self._states

        def release(primitive: Any, *args: Any, **named: Any) -> Any:
            found = states.get(id(primitive))
            if found is not None:
                found[1].given_back()
            return original(primitive, *args, **named)

        return functools.wraps(original)(release)

    def _state_of(self, primitive: Any, kind: str, site: int, capacity: float | None) -> Permits:
        found = self._states.get(id(primitive))
        if found is None:
            assert self._book is not None
            if capacity is None:
                capacity = (
                    primitive.value + 0
                )  # nobody has followed it before, so nobody whom we know holds it
            state = self._book.add(Permits(f"{kind}:site{site}", site=site, capacity=capacity))
            found = self._states[id(primitive)] = (self._hold(primitive), state)
        return found[1]

    def _hold(self, primitive: Any) -> Any:
        """Keeps its id from meaning another: by forgetting it with the primitive, where the class allows that."""
        number = id(primitive)
        try:
            return weakref.ref(primitive, lambda _: self._states.pop(number, None))
        except TypeError:
            return primitive


def _is_for_a_thread(frame: FrameType | None) -> bool:
    """Whether AnyIO takes a token to run something in a thread: anyio_threads sees to that."""
    for _ in range(4):
        if frame is None:
            return False
        if frame.f_code.co_name == "run_sync_in_worker_thread":
            return True
        frame = frame.f_back
    return False

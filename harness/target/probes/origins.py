"""Where tasks were begun: a library's task has no frame of the user's on its stack, but somebody's line started it.

The place is handed down by context, so that a call to the provider deep inside ``asyncio.gather`` of a library is known
by the line of the user's that led to it.
"""

from __future__ import annotations

import functools
import sys
from asyncio.base_events import BaseEventLoop
from contextvars import ContextVar
from types import FrameType
from typing import TYPE_CHECKING, Any

from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace

if TYPE_CHECKING:
    from harness.target.probes.sites import SiteBook

UNKNOWN = -1
ORIGIN: ContextVar[int] = ContextVar("chainload_origin", default=UNKNOWN)


class OriginsProbe:
    """Wraps ``create_task`` of the standard library's loops."""

    name = "origins"

    def __init__(self) -> None:
        self._patches = Patches()
        self._context: ProbeContext | None = None

    def install(self, context: ProbeContext) -> None:
        self._context = context
        self._patches.replace(BaseEventLoop, "create_task", self._wrap)

    def uninstall(self) -> None:
        self._patches.restore()

    def _wrap(self, original: Any) -> Any:
        assert self._context is not None
        sites = self._context.sites

        def create_task(loop: Any, coroutine: Any, **options: Any) -> Any:
            site = UNKNOWN if current_trace() is None else sites.of_stack(sys._getframe(1))
            if site == UNKNOWN:  # what the context holds already is handed down as it is
                return original(loop, coroutine, **options)
            if options.get("context") is not None:
                _mark(options["context"], site)
                return original(loop, coroutine, **options)
            token = ORIGIN.set(site)
            try:
                return original(loop, coroutine, **options)
            finally:
                ORIGIN.reset(token)

        return functools.wraps(original)(create_task)


def _mark(context: Any, site: int) -> None:
    try:
        context.run(ORIGIN.set, site)
    except RuntimeError:  # in use: the task begins in a context that somebody else is in
        pass


def find_origin(sites: SiteBook, frame: FrameType | None) -> int:
    """The innermost user frame, or else the one that began the task; -1 when there is neither."""
    site = sites.of_stack(frame)
    return ORIGIN.get() if site == UNKNOWN else site

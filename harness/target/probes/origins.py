"""Where tasks were begun: a library's task has no frame of the user's on its stack, but somebody's line started it.

The place is handed down by context (see tasks), so that a call to the provider deep inside ``asyncio.gather`` of a
library is known by the line of the user's that led to it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, ContextVar
from types import FrameType
from typing import Any

from harness.target.probes.sites import UNKNOWN, SiteBook

ORIGIN: ContextVar[int] = ContextVar("chainload_origin", default=UNKNOWN)


def find_origin(sites: SiteBook, frame: FrameType | None) -> int:
    """The innermost user frame, or else the one that began the task; -1 when there is neither."""
    site = sites.of_stack(frame)
    return ORIGIN.get() if site == UNKNOWN else site


def begin_from(site: int, begin: Callable[[], Any], context: Context | None) -> Any:
    """Begin a task (``begin`` does) that hands this place down.  context: the one it runs in, None: a copy of ours."""
    if context is not None:
        try:
            context.run(ORIGIN.set, site)
        except RuntimeError:  # in use: the task begins in a context that somebody else is in
            pass
        return begin()
    token = ORIGIN.set(site)
    try:
        return begin()
    finally:
        ORIGIN.reset(token)

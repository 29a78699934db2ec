"""Looking at the frames of threads while they run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep the collector off for a moment.

    Frames of other threads become objects when they are asked for.  A collection in the middle of that may let those
    threads run on, while the interpreter holds on to what they have left; CPython issue 106883 is a deadlock that came
    of it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

"""Looking through a weak table from the observer's thread."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def each_alive(table: weakref.WeakKeyDictionary[K, V]) -> Iterator[tuple[K, V]]:
    """What is in it now.  ``items()`` raises RuntimeError when another thread adds to it meanwhile."""
    for reference in table.keyrefs():
        key = reference()
        value = None if key is None else table.get(key)
        if key is not None and value is not None:
            yield key, value

"""Which lock a line of the user's takes, by how it is written: ``threading``'s cannot be told apart otherwise."""

from __future__ import annotations

import linecache
import re
from types import CodeType

_TAKEN = re.compile(r"\bwith\s+(?P<held>[\w.]+(?:\[[^\]]*\])?)|(?P<called>[\w.]+(?:\[[^\]]*\])?)\.acquire\(")


class LockNames:
    """The place that stands for a lock: the first at which it was seen waited for."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str, str], int] = {}

    def place_of(self, code: CodeType, line: int, site: int) -> int:
        """site: of this line.  Two methods that take `self._lock` of one class wait for one lock."""
        written = lock_on(linecache.getline(code.co_filename, line))
        if not written:
            return site
        owner = code.co_qualname.rpartition(".")[0] if written.startswith(("self.", "cls.")) else ""
        return self._places.setdefault((code.co_filename, owner, written), site)


def lock_on(source: str) -> str:
    """What a line of source takes, as it is written; empty when that cannot be told."""
    found = _TAKEN.search(source)
    return "" if found is None else found["held"] or found["called"]

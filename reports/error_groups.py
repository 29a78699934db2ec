"""Error messages that differ only in their numbers are one error.  Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_NUMBER = re.compile(r"\b(?:0x)?[0-9a-f]*\d[0-9a-f.,]*(?:[mu]?s\b)?", re.IGNORECASE)


def error_kind(message: str) -> str:
    """What equal errors have in common: the message without its numbers, times and ids."""
    return _NUMBER.sub("#", message)


def group_errors(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Messages with their counts, most frequent first; of each kind its most frequent message stands for all."""
    kinds: dict[str, Counter[str]] = {}
    for message, count in counts:
        kinds.setdefault(error_kind(message), Counter())[message] += count
    totals = {kind.most_common(1)[0][0]: kind.total() for kind in kinds.values()}
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))

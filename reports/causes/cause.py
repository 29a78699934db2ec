"""What every cause is: a rule from measurements to findings.  One small file a cause, one line in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reports.causes.situation import Situation
from reports.verdict import Confidence, Finding

Cause = Callable[[Situation], Iterable[Finding]]

LISTED_SHARE = 0.2  # of the growth: less is not worth naming beside something larger
NAMED_SHARE = 0.4  # of the growth: with less for the largest, the growth is not explained
LARGE_SHARE = 0.6  # of the growth: most of it


def rate_confidence(share: float | None, *, is_proven: bool, views_agree: bool = True) -> Confidence:
    """high: a large share, and the capacity law or an event that has no other explanation, and no view against it.

    share: of the growth; None when growth is not what tells.
    """
    large = share is None or share >= LARGE_SHARE
    if large and is_proven and views_agree:
        return "high"
    named = share is None or share >= NAMED_SHARE
    return "medium" if named and views_agree and (is_proven or large) else "low"

"""Where the chain calls the provider from: the line of the user's that most exchanges began under.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from reports.attribution.state import NO_SITE, PROVIDER
from reports.causes.places import locate_site
from reports.causes.situation import Situation
from reports.verdict import Location


def locate_exchange(situation: Situation, trace_ids: Collection[str] | None = None) -> Location | None:
    """Of these invocations, or of all; None when no line of the user's was seen."""
    site = find_exchange_site(situation, trace_ids)
    return locate_site(situation, site)


def find_exchange_site(situation: Situation, trace_ids: Collection[str] | None = None) -> int | None:
    counts: Counter[int] = Counter(
        span.site
        for traces in situation.recording.traces.values()
        for trace in traces
        if trace_ids is None or trace.trace_id in trace_ids
        for span in trace.spans
        if span.kind == "provider" and span.resource == PROVIDER and span.site != NO_SITE
    )
    if counts:
        return counts.most_common(1)[0][0]
    return None if trace_ids is None else find_exchange_site(situation)

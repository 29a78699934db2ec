"""Which line of the user's invocations are about: where most provider calls began, or else most of anything.  Pure."""

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
    """Of these invocations, where any was traced; else of all."""
    chosen = [
        trace
        for traces in situation.recording.traces.values()
        for trace in traces
        if trace_ids is None or trace.trace_id in trace_ids
    ]
    spans = [span for trace in chosen for span in trace.spans if span.site != NO_SITE]
    exchanges = Counter(span.site for span in spans if span.kind == "provider" and span.resource == PROVIDER)
    counts = exchanges or Counter(span.site for span in spans)  # a tool's line tells more than none
    if counts:
        return counts.most_common(1)[0][0]
    return None if trace_ids is None else find_exchange_site(situation)

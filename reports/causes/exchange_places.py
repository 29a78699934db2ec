"""Where the chain calls the provider from: the line of the user's that most exchanges began under.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from harness.probe_records import Span
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
    counts = Counter(
        span.site
        for span in _placed_spans(situation, trace_ids)
        if span.kind == "provider" and span.resource == PROVIDER
    )
    if counts:
        return counts.most_common(1)[0][0]
    return None if trace_ids is None else find_exchange_site(situation)


def find_busiest_site(situation: Situation, trace_ids: Collection[str]) -> int | None:
    """The line of the user's that these invocations came by most often, whatever they did there."""
    counts = Counter(span.site for span in _placed_spans(situation, trace_ids))
    return counts.most_common(1)[0][0] if counts else None


def _placed_spans(situation: Situation, trace_ids: Collection[str] | None) -> Iterator[Span]:
    for traces in situation.recording.traces.values():
        for trace in traces:
            if trace_ids is None or trace.trace_id in trace_ids:
                yield from (span for span in trace.spans if span.site != NO_SITE)

"""Where the chain calls the provider from: the line of the user's that most exchanges began under.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from harness.probe_records import Span
from reports.attribution.state import NO_SITE, PROVIDER
from reports.causes.places import locate_site
from reports.causes.resource_words import kind_of_resource
from reports.causes.situation import Situation
from reports.verdict import Location


def locate_exchange(situation: Situation, trace_ids: Collection[str] | None = None) -> Location | None:
    """Of these invocations, or of all; None when no line of the user's was seen."""
    site = find_exchange_site(situation, trace_ids)
    return locate_site(situation, site)


def locate_calls(situation: Situation) -> Location | None:
    """Where the provider is called from; in a chain that no line of the user's runs, where its client was made."""
    return locate_exchange(situation) or locate_site(situation, _find_client_site(situation))


def _find_client_site(situation: Situation) -> int | None:
    """Of the HTTP pool that was used most."""
    used: Counter[int] = Counter()
    for resource, readings in situation.recording.gauges.items():
        if kind_of_resource(resource) == "http_pool":
            for reading in readings:
                used[reading.site] += int(reading.in_use) if reading.site != NO_SITE else 0
    return used.most_common(1)[0][0] if used.total() else None


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

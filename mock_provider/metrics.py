"""Counters in Prometheus' text form.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from mock_provider.statistics import Histogram, Snapshot, Statistics


def write_metrics(statistics: Statistics, snapshot: Snapshot) -> str:
    """Version 0.0.4 of the exposition format."""
    lines: list[str] = []
    lines += _head("mock_requests_total", "counter", "Requests by endpoint and status (none: none was sent).")
    for (endpoint, status), count in sorted(statistics.by_series.items()):
        lines.append(f'mock_requests_total{{endpoint="{endpoint}",status="{status or "none"}"}} {count}')
    lines += _head("mock_outcomes_total", "counter", "Requests by what became of them.")
    lines += [
        f'mock_outcomes_total{{outcome="{name}"}} {n}' for name, n in sorted(statistics.by_outcome.items())
    ]
    lines += _head("mock_faults_total", "counter", "Requests that met a fault of the plan.")
    lines += [f'mock_faults_total{{fault="{name}"}} {n}' for name, n in sorted(statistics.by_fault.items())]
    for name, kind, help_text, value in _singles(snapshot):
        lines += [*_head(name, kind, help_text), f"{name} {value}"]
    lines += _histogram(
        "mock_request_duration_seconds", "From request to end of answer.", statistics.duration
    )
    lines += _histogram(
        "mock_lateness_seconds",
        "Service time as it came out, less what the plan asked for.",
        statistics.lateness,
    )
    return "\n".join(lines) + "\n"


def _singles(snapshot: Snapshot) -> Iterator[tuple[str, str, str, float]]:
    yield "mock_in_flight", "gauge", "Requests not yet answered.", snapshot.in_flight
    yield "mock_queued", "gauge", "Of these, waiting for a slot.", snapshot.queued
    yield "mock_connections_open", "gauge", "Connections open now.", snapshot.connections_open
    yield "mock_connections_opened_total", "counter", "Connections opened.", snapshot.connections_opened
    yield "mock_prompt_tokens_total", "counter", "Prompt tokens of answered requests.", snapshot.prompt_tokens
    yield "mock_completion_tokens_total", "counter", "Tokens of the answers.", snapshot.completion_tokens
    yield "mock_bad_requests_total", "counter", "What was no proper HTTP request.", snapshot.bad_requests
    yield (
        "mock_ledger_lost_total",
        "counter",
        "Attempts that could not be written down.",
        snapshot.ledger_lost,
    )


def _head(name: str, kind: str, help_text: str) -> list[str]:
    return [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]


def _histogram(name: str, help_text: str, histogram: Histogram) -> list[str]:
    totals = list(accumulate(histogram.counts))
    lines = _head(name, "histogram", help_text)
    lines += [
        f'{name}_bucket{{le="{bound}"}} {n}' for bound, n in zip(histogram.bounds, totals, strict=False)
    ]
    return [
        *lines,
        f'{name}_bucket{{le="+Inf"}} {totals[-1]}',
        f"{name}_sum {histogram.total}",
        f"{name}_count {totals[-1]}",
    ]

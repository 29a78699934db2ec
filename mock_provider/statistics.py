"""Counts what the provider has done.  Pure; bounded, however long it runs."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

import msgspec

from mock_provider.records import Attempt

DURATION_BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LATENESS_BOUNDS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)


class Histogram:
    """Counts by upper bound; the last count is of what lies above all of them."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, values: list[float]) -> None:
        bounds, counts = self.bounds, self.counts
        for value in values:
            counts[bisect_left(bounds, value)] += 1
        self.total += sum(values)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What /_mock/stats says."""

    uptime_s: float
    attempts: int  # finished ones
    in_flight: int
    queued: int  # of those in flight, waiting for a slot
    ok: int
    rate_limited: int
    overloaded: int
    refused: int
    faults: int
    client_gone: int
    bad_requests: int  # what was no HTTP, or too large
    connections_opened: int
    connections_open: int
    prompt_tokens: int
    completion_tokens: int
    late_p50_s: float | None  # achieved minus injected service time
    late_p99_s: float | None
    ledger_lost: int  # attempts that could not be written down
    by_endpoint: dict[str, int]
    by_status: dict[str, int]
    by_fault: dict[str, int]


class Statistics:
    """Counters of one server since its start or reset."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.connections_open = 0
        self.reset()

    def reset(self) -> None:
        """Begin counting anew; what is open stays open."""
        self.attempts = 0
        self.bad_requests = 0
        self.connections_opened = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.by_outcome: Counter[str] = Counter()
        self.by_series: Counter[tuple[str, int]] = Counter()  # endpoint, status (0: none was sent)
        self.by_fault: Counter[str] = Counter()
        self.duration = Histogram(DURATION_BOUNDS_S)
        self.lateness = Histogram(LATENESS_BOUNDS_S)

    def add(self, attempts: list[Attempt]) -> None:
        """Count attempts that have ended."""
        self.attempts += len(attempts)
        self.by_outcome.update([attempt.outcome for attempt in attempts])
        self.by_series.update([(attempt.endpoint, attempt.status or 0) for attempt in attempts])
        self.by_fault.update([attempt.fault for attempt in attempts if attempt.fault is not None])
        self.duration.add([a.end_s - a.received_s for a in attempts if a.end_s is not None])
        served = [attempt for attempt in attempts if attempt.outcome == "ok"]
        self.prompt_tokens += sum([attempt.prompt_tokens or 0 for attempt in served])
        self.completion_tokens += sum([attempt.completion_tokens or 0 for attempt in served])
        self.lateness.add([a.achieved_s - a.injected_s for a in served if a.achieved_s is not None])

    def snapshot(self, *, uptime_s: float, queued: int, ledger_lost: int) -> Snapshot:
        """All counts at this moment."""
        by_endpoint: Counter[str] = Counter()
        by_status: Counter[str] = Counter()
        for (endpoint, status), count in self.by_series.items():
            by_endpoint[endpoint] += count
            by_status[str(status) if status else "none"] += count
        outcomes = self.by_outcome
        return Snapshot(
            uptime_s=uptime_s,
            attempts=self.attempts,
            in_flight=self.in_flight,
            queued=queued,
            ok=outcomes["ok"],
            rate_limited=outcomes["rate_limited"],
            overloaded=outcomes["overloaded"],
            refused=outcomes["refused"],
            faults=outcomes["fault"],
            client_gone=outcomes["client_gone"],
            bad_requests=self.bad_requests,
            connections_opened=self.connections_opened,
            connections_open=self.connections_open,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            late_p50_s=read_quantile(self.lateness, 0.5),
            late_p99_s=read_quantile(self.lateness, 0.99),
            ledger_lost=ledger_lost,
            by_endpoint=dict(by_endpoint),
            by_status=dict(by_status),
            by_fault=dict(self.by_fault),
        )


def read_quantile(histogram: Histogram, share: float) -> float | None:
    """The upper bound of the bucket in which the quantile lies; None without values, or above all bounds."""
    count = sum(histogram.counts)
    if not count:
        return None
    seen = 0
    for bound, part in zip(histogram.bounds, histogram.counts, strict=False):
        seen += part
        if seen >= share * count:
            return bound
    return None

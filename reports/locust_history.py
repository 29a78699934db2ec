"""The history that Locust's --csv writes, cut into steps: stretches in which the number of users stays the same.

Reads the aggregated rows.  Throughput is taken from the running totals (exact), not from the smoothed rates.  Pure.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reports.verdict import StepSummary
from reports.windows import BATCHES, LONGEST_WARMUP_RATIO, standard_error

NEEDED = (
    "Timestamp", "User Count", "Name", "Total Request Count", "Total Failure Count", "Total Average Response Time",
)  # fmt: skip
AGGREGATED = "Aggregated"
SHORTEST_STEP_S = 5.0
WARMUP_RESPONSES = 2.0  # mean response times that are cut off the beginning
SHORTEST_WARMUP_S = 1.0
FEWEST_ROWS = 4
TYPICAL_CV = 1.0  # of response times, which the file does not tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One aggregated row, seconds instead of milliseconds."""

    at_s: float
    users: int
    request_count: int
    failure_count: int
    response_total_s: float  # of all requests so far
    quantiles_s: tuple[float | None, float | None, float | None]  # p50, p95, p99 of the last seconds

    @property
    def ok_count(self) -> int:
        return self.request_count - self.failure_count


def is_history(text: str) -> bool:
    """Whether the first line is the header of such a file."""
    header = text.lstrip().partition("\n")[0]
    return "Timestamp" in header and "User Count" in header


def read_history(text: str, problems: list[str]) -> list[StepSummary]:
    """A step for each stretch of at least 5 s; what is wrong is appended to ``problems``."""
    reader = csv.DictReader(io.StringIO(text.lstrip()))
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        problems.append(f"the history has no column {', '.join(missing)}; it needs {', '.join(NEEDED)}")
        return []
    rows = list(_read_rows(reader, problems))
    steps = [step for plateau in _split(rows) if (step := _summarise(plateau)) is not None]
    if not steps and not problems:
        problems.append(
            f"the number of users never stays the same for {SHORTEST_STEP_S:g} s ({len(rows)} aggregated rows); let "
            "Locust hold each number of users longer"
        )
    return steps


def _read_rows(reader: csv.DictReader[str], problems: list[str]) -> Iterator[Row]:
    for record in reader:
        if record["Name"] != AGGREGATED:
            continue
        try:
            count = int(record["Total Request Count"])
            yield Row(
                at_s=float(record["Timestamp"]),
                users=int(record["User Count"]),
                request_count=count,
                failure_count=int(record["Total Failure Count"]),
                response_total_s=count * float(record["Total Average Response Time"]) / 1000,
                quantiles_s=(_quantile(record, "50%"), _quantile(record, "95%"), _quantile(record, "99%")),
            )
        except (TypeError, ValueError):
            problems.append(
                f"line {reader.line_num} is no row of numbers: {str(list(record.values())[:4])[:80]}"
            )


def _quantile(record: dict[str, str], name: str) -> float | None:
    try:
        return float(record[name]) / 1000
    except (KeyError, TypeError, ValueError):  # N/A until something ended
        return None


def _split(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Stretches of one number of users; a reset of the totals begins a new one."""
    numbers = itertools.accumulate(
        (before.users != row.users or row.request_count < before.request_count)
        for before, row in zip([*rows[:1], *rows[:-1]], rows, strict=True)
    )
    for _, group in itertools.groupby(zip(numbers, rows, strict=True), key=lambda pair: pair[0]):
        yield [row for _, row in group]


def _summarise(plateau: Sequence[Row]) -> StepSummary | None:
    """None when it is too short, or nobody was there."""
    first, last = plateau[0], plateau[-1]
    hold_s = last.at_s - first.at_s
    if first.users < 1 or hold_s < SHORTEST_STEP_S or len(plateau) < FEWEST_ROWS:
        return None
    rows = _after_warmup(plateau)
    begin, window_s = rows[0], last.at_s - rows[0].at_s
    ended, good = last.request_count - begin.request_count, last.ok_count - begin.ok_count
    p50_s, p95_s, p99_s = last.quantiles_s
    return StepSummary(
        index=0,
        users=first.users,
        hold_s=hold_s,
        warmup_s=hold_s - window_s,
        window_s=window_s,
        sample_count=ended,
        ok_count=good,
        error_count=ended - good,
        censored_count=0,
        throughput_per_s=good / window_s if good else None,
        throughput_se_per_s=_error(rows, good / window_s) if good else None,
        response_mean_s=_mean_response_s(begin, last),
        response_p50_s=p50_s,
        response_p95_s=p95_s,
        response_p99_s=p99_s,
        error_ratio=(ended - good) / ended if ended else None,
        efficiency=None,
        is_steady=None,
    )


def _after_warmup(plateau: Sequence[Row]) -> list[Row]:
    """Without the first two response times, at least a second, at most half."""
    first, last = plateau[0], plateau[-1]
    response_s = _mean_response_s(first, last) or 0.0
    cut_s = max(SHORTEST_WARMUP_S, WARMUP_RESPONSES * response_s)
    cut_s = min(cut_s, LONGEST_WARMUP_RATIO * (last.at_s - first.at_s))
    return [row for row in plateau if row.at_s >= first.at_s + cut_s]


def _mean_response_s(begin: Row, end: Row) -> float | None:
    """Of everything that ended in between, errors included: the file does not part them."""
    count = end.request_count - begin.request_count
    return (end.response_total_s - begin.response_total_s) / count if count else None


def _error(rows: Sequence[Row], rate: float) -> float:
    """Standard error of the throughput: from equal parts of the window, or from the count when they are few."""
    times_s = np.array([row.at_s for row in rows])
    done = np.array([row.ok_count for row in rows], dtype=float)
    edges_s = np.linspace(times_s[0], times_s[-1], min(BATCHES, len(rows) - 1) + 1)
    parts = np.diff(np.interp(edges_s, times_s, done)) / np.diff(edges_s)
    by_count = rate * TYPICAL_CV / float(np.sqrt(done[-1] - done[0]))
    return max(standard_error(parts), 0.5 * by_count) if len(parts) > 1 else by_count

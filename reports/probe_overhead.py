"""What the probes cost the chain, from the slices with and without them after the last step; and its words.  Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np

from harness.records import Event, TrialSlice
from reports.units import format_count, format_ratio, format_seconds, plural
from reports.verdict import ProbeOverhead

FEWEST_PAIRS = 3
FEWEST_ANSWERS = 20
MOST_FAILED_RATIO = 0.1
HIGH_RATIO = 0.03  # of CPU: on a chain that computes, so much of its throughput
BUSY_RATIO = 0.5  # of a processor: below, what the probes compute is time that would have been idle
# Student's t for 95 %, by degrees of freedom from 2.
T_95 = (
    4.303,
    3.182,
    2.776,
    2.571,
    2.447,
    2.365,
    2.306,
    2.262,
    2.228,
    2.201,
    2.179,
    2.160,
    2.145,
    2.131,
    2.120,
)


def measure_probe_overhead(events: Sequence[Event]) -> ProbeOverhead | None:
    """None: the run did not come as far as to compare, or is of an earlier version."""
    compared = next((event for event in events if event.kind == "probes_compared"), None)
    if compared is None:
        return None
    slices = msgspec.convert(compared.data.get("slices", []), list[TrialSlice])
    pairs = _pair(slices)
    reason = compared.data.get("reason") or _find_reason(slices, pairs)
    answers = sum(s.ok_count for s in slices)
    users = max((s.users for s in slices), default=None)
    if reason is not None:
        return ProbeOverhead(reason=str(reason), users=users, pair_count=len(pairs), answer_count=answers)
    bare = [off for _, off in pairs]
    ratio, interval = _compare([(_cpu_s(on), _cpu_s(off)) for on, off in pairs])
    throughput_ratio, throughput_interval = _compare(
        [(on.answers_per_s, off.answers_per_s) for on, off in pairs]
    )
    return ProbeOverhead(
        ratio=ratio,
        interval=interval,
        cpu_s=sum(s.cpu_s for s in bare) / sum(s.ok_count for s in bare),
        busy_ratio=sum(s.cpu_s for s in bare) / sum(s.end_s - s.start_s for s in bare),
        throughput_ratio=throughput_ratio,
        throughput_interval=throughput_interval,
        users=users,
        pair_count=len(pairs),
        answer_count=answers,
    )


def _pair(slices: Sequence[TrialSlice]) -> list[tuple[TrialSlice, TrialSlice]]:
    """With and without, in which order they ever were run."""
    couples = [couple for index, couple in enumerate(pairwise(slices)) if index % 2 == 0]
    return [(a, b) if a.probes_on else (b, a) for a, b in couples if a.ok_count and b.ok_count]


def _find_reason(slices: Sequence[TrialSlice], pairs: Sequence[object]) -> str | None:
    answers, failed = sum(s.ok_count for s in slices), sum(s.failed_count for s in slices)
    if failed > MOST_FAILED_RATIO * (answers + failed):
        return f"{format_count(failed)} of {plural(answers + failed, 'request')} failed"
    if len(pairs) < FEWEST_PAIRS or answers < FEWEST_ANSWERS:
        return f"only {plural(answers, 'answer')} came in the time there is for it"
    return None


def _cpu_s(part: TrialSlice) -> float:
    return max(part.cpu_s, 1e-6) / part.ok_count


def _compare(pairs: Sequence[tuple[float, float]]) -> tuple[float, tuple[float, float]]:
    """How much more the first is than the second, as a share, and its 95 % interval."""
    logs = np.log([with_probes / without for with_probes, without in pairs])
    mean = float(np.mean(logs))
    margin = T_95[min(len(logs) - 3, len(T_95) - 1)] * float(np.std(logs, ddof=1)) / math.sqrt(len(logs))
    return math.expm1(mean), (math.expm1(mean - margin), math.expm1(mean + margin))


def say_probe_overhead(overhead: ProbeOverhead | None) -> str | None:
    """A sentence; None where nothing is known of it."""
    if overhead is None:
        return None
    if overhead.ratio is None or overhead.interval is None:
        return f"What the probes cost was not measured: {overhead.reason}."
    return (
        f"Probes cost {_percent(overhead.ratio)} CPU (95 %: {_percent_range(overhead.interval)}): "
        f"{format_seconds(max(overhead.ratio, 0.0) * (overhead.cpu_s or 0.0))} a request on top of "
        f"{format_seconds(overhead.cpu_s)}; the target computed {format_ratio(overhead.busy_ratio)} of the time"
        f"{_say_throughput(overhead)}."
    )


def _say_throughput(overhead: ProbeOverhead) -> str:
    """Of a chain that mostly waits: there it is throughput that says what the probes take away."""
    if (overhead.busy_ratio or 0.0) >= BUSY_RATIO:
        return ""
    if overhead.throughput_ratio is None or overhead.throughput_interval is None:
        return ""
    return (
        f", and had it to spare: throughput with the probes differed by {_percent(overhead.throughput_ratio)} "
        f"(95 %: {_percent_range(overhead.throughput_interval)})"
    )


def find_overhead_problem(overhead: ProbeOverhead | None) -> str | None:
    """That the chain would carry more without the probes, in words; None when that is not shown."""
    if overhead is None or overhead.interval is None or (overhead.busy_ratio or 0.0) < BUSY_RATIO:
        return None
    if overhead.interval[0] <= HIGH_RATIO:
        return None
    return (
        f"cost {_percent(overhead.ratio or 0.0)} CPU (95 %: {_percent_range(overhead.interval)}); where the CPU is the "
        "limit, the chain carries that much more without them"
    )


def _percent(ratio: float) -> str:
    return f"{_signed(ratio)} %"


def _percent_range(interval: tuple[float, float]) -> str:
    return f"{_signed(interval[0])} to {_signed(interval[1])} %"


def _signed(ratio: float) -> str:
    """Percent to one decimal below ten: "1.2", "−0.4", "14"."""
    percent = ratio * 100
    digits = 1 if abs(percent) < 9.95 else 0
    return f"{percent:.{digits}f}".replace("-", "−")

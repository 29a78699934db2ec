"""What the probes cost: pairs of slices to a ratio with an interval, or to the reason why there is none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from harness.records import Event, TrialSlice
from reports.probe_overhead import find_overhead_problem, measure_probe_overhead, say_probe_overhead
from reports.verdict import ProbeOverhead


def compared(slices: list[TrialSlice], reason: str | None = None) -> list[Event]:
    data: dict[str, Any] = {"slices": msgspec.to_builtins(slices), "reason": reason}
    return [Event(at_s=1.0, kind="probes_compared", data=data)]


def make_slices(
    costs: list[tuple[float, float]], *, ok_count: int = 10, length_s: float = 0.1
) -> list[TrialSlice]:
    """CPU milliseconds per answer with and without, a pair each; the order changes from pair to pair."""
    slices = []
    for index, (with_ms, without_ms) in enumerate(costs):
        both = [(True, with_ms), (False, without_ms)]
        for on, cost in both if index % 2 else both[::-1]:
            slices.append(
                TrialSlice(
                    probes_on=on,
                    users=4,
                    start_s=0.0,
                    end_s=length_s,
                    cpu_s=cost * ok_count / 1000,
                    ok_count=ok_count,
                )
            )
    return slices


def measure(slices: list[TrialSlice], reason: str | None = None) -> ProbeOverhead:
    overhead = measure_probe_overhead(compared(slices, reason))
    assert overhead is not None
    return overhead


def test_the_ratio_is_that_of_pairs_and_lies_in_its_interval() -> None:
    overhead = measure(make_slices([(5.1, 5.0), (10.4, 10.0), (2.06, 2.0), (7.21, 7.0)]))
    assert overhead.ratio == pytest.approx(0.03, abs=0.002)
    assert overhead.interval is not None
    assert 0 < overhead.interval[0] < 0.03 < overhead.interval[1] < 0.06
    assert (overhead.pair_count, overhead.answer_count, overhead.users) == (4, 80, 4)
    assert overhead.cpu_s == pytest.approx(0.006)
    assert overhead.throughput_ratio == pytest.approx(0.0)


def test_words_give_ratio_interval_and_milliseconds() -> None:
    words = say_probe_overhead(measure(make_slices([(5.1, 5.0), (5.15, 5.0), (5.05, 5.0)])))
    assert words is not None
    assert words.startswith("Probes cost 2.0 % CPU (95 %: −0.5 to 4.5 %): 0.1 ms a request on top of 5.0 ms")
    assert words.endswith("the target computed 50 % of the time.")


def test_where_the_chain_mostly_waits_throughput_is_said() -> None:
    words = say_probe_overhead(measure(make_slices([(1.1, 1.0), (1.15, 1.0), (1.05, 1.0)])))
    assert words is not None
    assert words.endswith("throughput with the probes differed by 0.0 % (95 %: 0.0 to 0.0 %).")


@pytest.mark.parametrize(
    ("slices", "reason", "words"),
    [
        ([], "the target is a URL", "the target is a URL"),
        (make_slices([(5, 5), (5, 5)]), None, "only 40 answers"),
        (make_slices([(5, 5)] * 3, ok_count=1), None, "only 6 answers"),
        (
            [msgspec.structs.replace(s, failed_count=9) for s in make_slices([(5, 5)] * 3)],
            None,
            "54 of 114 requests",
        ),
        ([msgspec.structs.replace(s, ok_count=0) for s in make_slices([(5, 5)] * 3)], None, "only 0 answers"),
    ],
)
def test_what_cannot_be_measured_says_why(slices: list[TrialSlice], reason: str | None, words: str) -> None:
    overhead = measure(slices, reason)
    assert overhead.ratio is None
    assert overhead.reason is not None
    assert words in overhead.reason
    assert words in (say_probe_overhead(overhead) or "")


def test_a_run_that_never_compared_says_nothing() -> None:
    assert measure_probe_overhead([]) is None
    assert say_probe_overhead(None) is None


def test_a_warning_only_where_the_cost_is_certain_and_the_chain_computes() -> None:
    dear = [(5.5, 5.0), (5.55, 5.0), (5.45, 5.0)]
    busy = measure(make_slices(dear))
    assert busy.busy_ratio == pytest.approx(0.5)
    assert "10 %" in (find_overhead_problem(busy) or "")
    assert find_overhead_problem(measure(make_slices(dear, length_s=1.0))) is None
    assert find_overhead_problem(measure(make_slices([(5.5, 5.0), (4.5, 5.0), (5.6, 5.0)]))) is None

"""Service times: the distribution asked for, the same again for the same seed and ordinal."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from mock_provider.conditions import Facts
from mock_provider.latency import ServiceTime
from mock_provider.plan_schema import Latency

MANY = 20_000


def draws(count: int = MANY, **settings: Any) -> list[float]:
    service = ServiceTime(Latency(**settings), seed=3)
    return [service.of(facts(ordinal=n), since_start_s=100)[0] for n in range(count)]


def facts(**known: Any) -> Facts:
    return Facts(**({"ordinal": 0, "endpoint": "chat.completions"} | known))


def test_constant_is_constant() -> None:
    assert set(draws(100, mean_s=0.3)) == {0.3}


@pytest.mark.parametrize("kind", ["normal", "lognormal", "gamma"])
def test_mean_and_deviation_are_those_asked_for(kind: str) -> None:
    values = draws(kind=kind, mean_s=2.0, deviation_s=0.5)
    assert statistics.fmean(values) == pytest.approx(2.0, rel=0.02)
    assert statistics.stdev(values) == pytest.approx(0.5, rel=0.04)


def test_gamma_with_deviation_equal_to_mean_is_exponential() -> None:
    values = sorted(draws(kind="gamma", mean_s=1.0, deviation_s=1.0))
    assert values[MANY // 2] == pytest.approx(0.693, rel=0.04)


def test_uniform_stays_within_its_bounds() -> None:
    values = draws(kind="uniform", min_s=1.0, max_s=3.0)
    assert min(values) >= 1.0
    assert max(values) <= 3.0
    assert statistics.fmean(values) == pytest.approx(2.0, rel=0.02)


def test_percentiles_come_out_as_given() -> None:
    values = sorted(draws(kind="percentiles", percentiles_s={"min": 0.1, "p50": 0.5, "p90": 2.0, "max": 4.0}))
    assert values[MANY // 2] == pytest.approx(0.5, rel=0.03)
    assert values[int(MANY * 0.9)] == pytest.approx(2.0, rel=0.03)
    assert 0.1 <= values[0] <= values[-1] <= 4.0


def test_bounds_hold_for_every_kind() -> None:
    values = draws(kind="normal", mean_s=1.0, deviation_s=2.0, min_s=0.5, max_s=1.5)
    assert min(values) == 0.5
    assert max(values) == 1.5


def test_no_time_is_negative() -> None:
    assert min(draws(kind="normal", mean_s=0.1, deviation_s=1.0)) == 0.0


def test_same_seed_and_ordinal_give_the_same_time_in_any_order() -> None:
    settings = Latency(kind="lognormal", mean_s=1.0)
    first, second = ServiceTime(settings, seed=3), ServiceTime(settings, seed=3)
    forward = {n: first.of(facts(ordinal=n), since_start_s=0)[0] for n in range(50)}
    backward = {n: second.of(facts(ordinal=n), since_start_s=0)[0] for n in reversed(range(50))}
    assert forward == backward
    assert forward[0] != ServiceTime(settings, seed=4).of(facts(ordinal=0), since_start_s=0)[0]


def test_stream_and_plain_answer_take_the_same_time_in_all() -> None:
    service = ServiceTime(Latency(mean_s=0.2, per_token_s=0.01, per_prompt_token_s=0.001), seed=0)
    plain_s, _ = service.of(facts(prompt_tokens=100, completion_tokens=50), since_start_s=0)
    first_s, gap_s = service.of(facts(prompt_tokens=100, completion_tokens=50, stream=True), since_start_s=0)
    assert plain_s == pytest.approx(0.2 + 0.1 + 0.5)
    assert first_s == pytest.approx(0.3)
    assert gap_s == pytest.approx(0.01)


def test_first_token_time_is_the_streams_own() -> None:
    service = ServiceTime(Latency(mean_s=0.2, first_token_s=0.05), seed=0)
    assert service.of(facts(stream=True), since_start_s=0)[0] == pytest.approx(0.05)
    assert service.of(facts(), since_start_s=0)[0] == pytest.approx(0.2)


def test_time_grows_with_requests_in_flight() -> None:
    service = ServiceTime(Latency(mean_s=1.0, per_in_flight_ratio=0.1), seed=0)
    assert [service.of(facts(in_flight=n), since_start_s=0)[0] for n in (1, 2, 11)] == pytest.approx(
        [1.0, 1.1, 2.0]
    )


def test_warm_up_falls_in_a_straight_line() -> None:
    service = ServiceTime(Latency(mean_s=1.0, warm_up_s=10, warm_up_factor=3), seed=0)
    assert [service.of(facts(), since_start_s=t)[0] for t in (0, 5, 10, 99)] == pytest.approx(
        [3.0, 2.0, 1.0, 1.0]
    )

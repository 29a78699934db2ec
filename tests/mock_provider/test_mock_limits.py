"""Buckets: continuous, exact, per key and model."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_provider.conditions import Facts
from mock_provider.durations import format_duration
from mock_provider.limits import Limiter, Refusal
from mock_provider.plan_schema import Limits


def ask(
    limiter: Limiter, now_s: float, *, tokens: int = 1, model: str = "gpt-4o", key: str = "k"
) -> Refusal | None:
    facts = Facts(ordinal=0, endpoint="chat.completions", model=model, key=key, requested_tokens=tokens)
    return limiter.admit(facts, now_s)[0]


def message_of(refusal: Refusal | None) -> str:
    assert refusal is not None
    return str(json.loads(refusal.answer.pieces[0])["error"]["message"])


def headers_of(limiter: Limiter, now_s: float, **facts: int) -> dict[str, str]:
    lines = limiter.admit(Facts(ordinal=0, endpoint="chat.completions", model="m", **facts), now_s)[1]
    return dict(line.split(": ") for line in lines.strip().split("\r\n"))


def test_tokens_of_a_minute_refill_continuously_to_the_millisecond() -> None:
    limiter = Limiter(Limits(tokens_per_minute=30_000))
    assert ask(limiter, 100.0, tokens=14_567) is None
    refusal = ask(limiter, 100.0, tokens=24_754)
    assert message_of(refusal) == (
        "Rate limit reached for gpt-4o in organization org-chainload-mock on tokens per min (TPM): "
        "Limit 30000, Used 14567, Requested 24754. Please try again in 18.642s. "
        "Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    assert refusal is not None
    assert refusal.answer.headers == {"retry-after": "19", "retry-after-ms": "18642"}
    assert ask(limiter, 118.641, tokens=24_754) is not None
    assert ask(limiter, 118.642, tokens=24_754) is None


def test_error_body_has_all_four_fields() -> None:
    limiter = Limiter(Limits(requests_per_minute=1))
    ask(limiter, 0.0)
    refusal = ask(limiter, 0.0)
    assert refusal is not None
    error = json.loads(refusal.answer.pieces[0])["error"]
    assert (error["type"], error["param"], error["code"]) == ("requests", None, "rate_limit_exceeded")
    assert (
        "on requests per min (RPM): Limit 1, Used 1, Requested 1. Please try again in 1m0s."
        in error["message"]
    )
    assert refusal.answer.status == 429


def test_so_many_requests_a_minute_pass_and_no_more() -> None:
    limiter = Limiter(Limits(requests_per_minute=3))
    assert [ask(limiter, 0.0) is None for _ in range(5)] == [True, True, True, False, False]
    assert ask(limiter, 19.9) is not None
    assert ask(limiter, 20.0) is None


def test_burst_limits_how_much_passes_at_once() -> None:
    limiter = Limiter(Limits(requests_per_minute=600, burst_s=1))
    assert sum(ask(limiter, 0.0) is None for _ in range(100)) == 10


@given(st.lists(st.floats(0, 2), min_size=1, max_size=200), st.integers(1, 500))
def test_never_more_than_the_bucket_and_what_flowed_in(gaps: list[float], limit: int) -> None:
    limiter = Limiter(Limits(requests_per_minute=limit))
    now_s, passed = 0.0, 0
    for gap_s in gaps:
        now_s += gap_s
        passed += ask(limiter, now_s) is None
    assert passed <= limit + now_s * limit / 60 + 1e-6


@given(st.integers(1, 100_000), st.integers(1, 100_000), st.integers(1, 60_000))
def test_waiting_as_told_is_enough(used: int, asked: int, limit: int) -> None:
    limiter = Limiter(Limits(tokens_per_minute=limit))
    ask(limiter, 0.0, tokens=used)
    refusal = ask(limiter, 0.0, tokens=asked)
    if refusal is not None and "retry-after-ms" in refusal.answer.headers:
        wait_s = int(refusal.answer.headers["retry-after-ms"]) / 1000
        assert ask(limiter, wait_s, tokens=asked) is None


def test_request_larger_than_the_limit_is_refused_without_retry_after() -> None:
    refusal = ask(Limiter(Limits(tokens_per_minute=30_000)), 0.0, tokens=30_601)
    assert message_of(refusal).startswith("Request too large for gpt-4o")
    assert "Limit 30000, Requested 30601" in message_of(refusal)
    assert refusal is not None
    assert refusal.answer.headers == {}


def test_each_key_and_model_has_its_own_buckets() -> None:
    limiter = Limiter(Limits(requests_per_minute=1))
    assert ask(limiter, 0.0, model="a", key="x") is None
    assert ask(limiter, 0.0, model="b", key="x") is None
    assert ask(limiter, 0.0, model="a", key="y") is None
    assert ask(limiter, 0.0, model="a", key="x") is not None


def test_scope_all_is_one_bucket_for_everyone() -> None:
    limiter = Limiter(Limits(requests_per_minute=1, scope="all"))
    assert ask(limiter, 0.0, model="a", key="x") is None
    assert ask(limiter, 0.0, model="b", key="y") is not None


def test_refused_request_takes_from_no_bucket() -> None:
    limiter = Limiter(Limits(requests_per_minute=10, tokens_per_minute=100))
    assert ask(limiter, 0.0, tokens=90) is None
    assert ask(limiter, 0.0, tokens=50) is not None
    assert headers_of(Limiter(Limits(requests_per_minute=10)), 0.0)["x-ratelimit-remaining-requests"] == "9"
    assert ask(limiter, 0.0, tokens=10) is None


def test_headers_are_those_of_openai() -> None:
    limiter = Limiter(Limits(requests_per_minute=500, tokens_per_minute=30_000))
    assert headers_of(limiter, 0.0, requested_tokens=4) == {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-reset-requests": "120ms",
        "x-ratelimit-limit-tokens": "30000",
        "x-ratelimit-remaining-tokens": "29996",
        "x-ratelimit-reset-tokens": "8ms",
    }


def test_requests_of_a_day_are_counted_too() -> None:
    limiter = Limiter(Limits(requests_per_minute=1000, requests_per_day=2))
    ask(limiter, 0.0)
    ask(limiter, 0.0)
    assert "requests per day (RPD): Limit 2, Used 2" in message_of(ask(limiter, 0.0))


def test_spent_quota_says_so_and_names_no_wait() -> None:
    limiter = Limiter(Limits(quota_requests=1))
    assert ask(limiter, 0.0) is None
    refusal = ask(limiter, 3600.0)
    assert refusal is not None
    error = json.loads(refusal.answer.pieces[0])["error"]
    assert (error["type"], error["code"]) == ("insufficient_quota", "insufficient_quota")
    assert refusal.answer.headers == {}


def test_spent_tokens_are_a_spent_quota() -> None:
    limiter = Limiter(Limits(quota_tokens=100))
    assert ask(limiter, 0.0, tokens=100) is None
    assert ask(limiter, 0.0) is not None


def test_more_in_flight_than_allowed_is_refused() -> None:
    limiter = Limiter(Limits(max_in_flight=2))
    admitted = [limiter.admit(Facts(ordinal=0, endpoint="x", in_flight=n), 0.0)[0] is None for n in (1, 2, 3)]
    assert admitted == [True, True, False]


def test_retry_after_can_be_withheld() -> None:
    limiter = Limiter(Limits(requests_per_minute=1, retry_after=False))
    ask(limiter, 0.0)
    refusal = ask(limiter, 0.0)
    assert refusal is not None
    assert refusal.answer.headers == {}


def test_accounts_do_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_provider.limits.MOST_ACCOUNTS", 10)
    limiter = Limiter(Limits(requests_per_minute=60))
    for number in range(1000):
        ask(limiter, float(number * 10), model=f"m{number}")
    assert len(limiter._accounts) <= 11


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.012, "12ms"), (1, "1s"), (18.642, "18.642s"), (20, "20s"), (360, "6m0s"), (3661.5, "1h1m1.5s"),
     (0.9999, "1s"), (59.9999, "1m0s")],
)  # fmt: skip
def test_durations_are_written_as_openai_writes_them(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text

"""The client judged from the ledger: each statistic, its number, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from mock_provider.judgement import ClientJudgement, judge_client
from mock_provider.records import Attempt


def attempt(ordinal: int, at_s: float, **known: Any) -> Attempt:
    fields: dict[str, Any] = {
        "ordinal": ordinal,
        "endpoint": "chat.completions",
        "received_s": at_s,
        "end_s": at_s + 0.1,
        "outcome": "ok",
        "prompt_hash": "aa",
        "retry_count": 0,
        "connection": ordinal,
    }
    return Attempt(**(fields | known))


def retried(gaps: list[float], **known: Any) -> ClientJudgement:
    """One call that fails until the last of its attempts, with these waits in between."""
    attempts, at_s = [], 0.0
    for number in range(len(gaps) + 1):
        outcome = "ok" if number == len(gaps) else "rate_limited"
        attempts.append(attempt(number, at_s, retry_count=number, outcome=outcome, **known))
        at_s += 0.1 + (gaps[number] if number < len(gaps) else 0)
    return judge_client(attempts)


def test_nothing_gives_nothing_and_no_number() -> None:
    judgement = judge_client([])
    assert judgement.amplification.ratio is None
    assert judgement.back_off.median_gap_s is None
    assert judgement.connections.reused_ratio is None
    assert judgement.abandonment.median_after_s is None
    assert judgement.storms == []


def test_amplification_is_attempts_for_each_call() -> None:
    judgement = retried([0.5, 1.0])
    assert judgement.amplification.sdk_retries == 2
    assert judgement.amplification.ratio == 3.0


def test_retries_of_the_application_are_told_by_body_and_trace() -> None:
    failed = attempt(0, 0.0, outcome="fault", trace_id="t")
    again = attempt(1, 1.0, trace_id="t")
    other = attempt(2, 2.0, trace_id="u")
    judgement = judge_client([failed, again, other])
    assert judgement.amplification.app_retries == 1
    assert judgement.amplification.ratio == 1.5


def test_without_traces_retries_of_the_application_are_not_known() -> None:
    judgement = judge_client([attempt(0, 0.0, outcome="fault"), attempt(1, 1.0)])
    assert judgement.amplification.app_retries is None
    assert judgement.amplification.ratio == 1.0


def test_call_made_twice_and_answered_twice_is_no_retry() -> None:
    judgement = judge_client([attempt(0, 0.0, trace_id="t"), attempt(1, 1.0, trace_id="t")])
    assert judgement.amplification.app_retries == 0


@pytest.mark.parametrize(("gap_s", "ignored"), [(0.4, 1), (0.99, 0), (1.5, 0)])
def test_retry_after_is_ignored_by_those_who_come_sooner(gap_s: float, ignored: int) -> None:
    obedience = retried([gap_s], retry_after_s=1.0).obedience
    assert (obedience.told, obedience.ignored) == (1, ignored)
    assert obedience.earliest_s == (pytest.approx(0.6) if ignored else None)


def test_back_off_of_the_openai_client_grows_and_is_not_immediate() -> None:
    back_off = retried([0.45, 0.9]).back_off
    assert (back_off.untold, back_off.immediate, back_off.grows) == (2, 0, True)


def test_no_back_off_is_seen() -> None:
    back_off = retried([0.01, 0.01]).back_off
    assert (back_off.immediate, back_off.grows) == (2, False)


def test_one_retry_alone_does_not_tell_whether_waits_grow() -> None:
    assert retried([0.45]).back_off.grows is None


def test_storm_is_seconds_on_end_of_mostly_retries() -> None:
    calm = [attempt(n, n * 0.05) for n in range(100)]
    storm = [attempt(100 + n, 5 + n * 0.05, retry_count=n % 4, outcome="rate_limited") for n in range(100)]
    (found,) = judge_client([*calm, *storm]).storms
    assert found.start_s == pytest.approx(5.0)
    assert found.end_s == pytest.approx(10.0)
    assert found.retries == 75


def test_few_retries_are_no_storm() -> None:
    assert judge_client([attempt(n, n * 0.05, retry_count=int(n % 5 == 0)) for n in range(200)]).storms == []


def test_client_without_timeout_is_known_only_of_clients_that_would_say() -> None:
    attempts = [attempt(0, 0.0, read_timeout_s=600.0), attempt(1, 1.0), attempt(2, 2.0, retry_count=None)]
    timeouts = judge_client(attempts).timeouts
    assert (timeouts.known, timeouts.without) == (2, 1)


def test_abandoned_streams_and_given_up_requests_are_told_apart() -> None:
    gone: dict[str, Any] = {"outcome": "client_gone", "end_s": 4.0}
    attempts = [attempt(0, 0.0, stream=True, **gone), attempt(1, 2.0, **gone), attempt(2, 3.0, stream=True)]
    abandonment = judge_client(attempts).abandonment
    assert (abandonment.streams, abandonment.abandoned_streams) == (2, 1)
    assert (abandonment.requests, abandonment.gave_up) == (1, 1)
    assert abandonment.median_after_s == pytest.approx(3.0)


def test_connections_are_counted_against_requests() -> None:
    connections = judge_client(
        [attempt(n, float(n), connection=n // 4, in_flight=n) for n in range(8)]
    ).connections
    assert (connections.opened, connections.requests, connections.most_in_flight) == (2, 8, 7)
    assert connections.reused_ratio == 0.75


def test_order_of_the_ledger_does_not_matter() -> None:
    attempts = [attempt(n, float(n), retry_count=n % 3, outcome="fault") for n in range(30)]
    assert judge_client(attempts) == judge_client(list(reversed(attempts)))

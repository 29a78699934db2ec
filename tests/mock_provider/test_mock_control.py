"""The control API: read and change the plan live, read the ledger, reset; nothing for web pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wire_client import control, post, wait_for_attempts

from mock_provider.running import RunningProvider, run_provider


@pytest.fixture
def provider() -> Iterator[RunningProvider]:
    with run_provider("latency.mean_s=0") as running:
        yield running


def test_plan_is_read_changed_and_taken_back(provider: RunningProvider) -> None:
    change = {"limits": {"requests_per_minute": 1}, "faults": [{"kind": "status", "status": 500}]}
    changed = control(provider, "PATCH", "/_mock/plan", json=change).json()
    assert changed["limits"]["requests_per_minute"] == 1
    assert changed["latency"]["mean_s"] == 0
    assert post(provider).status_code == 500
    control(provider, "PATCH", "/_mock/plan", json={"faults": None, "limits": {"requests_per_minute": None}})
    assert control(provider, "GET", "/_mock/plan").json()["faults"] == []
    assert post(provider).status_code == 200


def test_plan_is_changed_by_dotted_keys(provider: RunningProvider) -> None:
    control(provider, "PATCH", "/_mock/plan", json={"set": ["limits.requests_per_minute=1"]})
    assert [post(provider).status_code for _ in range(2)] == [200, 429]


def test_plan_is_replaced_as_a_whole(provider: RunningProvider) -> None:
    plan = control(provider, "PUT", "/_mock/plan", json={"seed": 5}).json()
    assert (plan["seed"], plan["latency"]["mean_s"]) == (5, 0.2)


def test_bad_plan_is_refused_with_all_its_problems_and_changes_nothing(provider: RunningProvider) -> None:
    response = control(provider, "PATCH", "/_mock/plan", json={"limit": {}, "latency": {"mean_s": -1}})
    assert response.status_code == 400
    message = response.json()["error"]["message"]
    assert "limit is no key of the plan" in message
    assert "latency.mean_s is -1" in message
    assert post(provider).status_code == 200


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_body_that_is_no_object_is_refused(provider: RunningProvider, content: bytes) -> None:
    assert control(provider, "PATCH", "/_mock/plan", content=content).status_code == 400


def test_ledger_is_read_in_parts(provider: RunningProvider) -> None:
    for _ in range(5):
        post(provider)

    def ordinals(query: str) -> list[int]:
        answer = control(provider, "GET", f"/_mock/ledger{query}").json()
        return [attempt["ordinal"] for attempt in answer["attempts"]]

    assert ordinals("") == [0, 1, 2, 3, 4]
    assert ordinals("?limit=2") == [3, 4]
    assert ordinals("?after=1&limit=2") == [2, 3]
    assert control(provider, "GET", "/_mock/ledger?limit=many").status_code == 400


def test_reset_begins_anew(provider: RunningProvider) -> None:
    provider.change("limits.requests_per_minute=1")
    assert [post(provider).status_code for _ in range(2)] == [200, 429]
    assert control(provider, "POST", "/_mock/reset").json() == {"reset": True}
    assert post(provider).status_code == 200
    assert [attempt.ordinal for attempt in wait_for_attempts(provider, 1)] == [0]
    assert provider.statistics.rate_limited == 0


def test_stats_count_what_happened(provider: RunningProvider) -> None:
    provider.change("limits.requests_per_minute=1")
    for _ in range(2):
        post(provider)
    stats = control(provider, "GET", "/_mock/stats").json()
    assert (stats["attempts"], stats["ok"], stats["rate_limited"], stats["in_flight"]) == (2, 1, 1, 0)
    assert stats["by_status"] == {"200": 1, "429": 1}
    assert stats["by_endpoint"] == {"chat.completions": 2}


def test_client_is_judged_live(provider: RunningProvider) -> None:
    post(provider, x_stainless_retry_count="0")
    judgement = control(provider, "GET", "/_mock/client").json()
    assert judgement["timeouts"] == {"known": 1, "without": 1}
    assert judgement["amplification"]["ratio"] == 1.0


def test_metrics_are_in_the_form_of_prometheus(provider: RunningProvider) -> None:
    post(provider)
    response = control(provider, "GET", "/metrics")
    lines = response.text.splitlines()
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'mock_requests_total{endpoint="chat.completions",status="200"} 1' in lines
    assert 'mock_request_duration_seconds_bucket{le="+Inf"} 1' in lines
    for line in lines:
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2


def test_unknown_path_says_which_there_are(provider: RunningProvider) -> None:
    response = control(provider, "GET", "/_mock/nothing")
    assert response.status_code == 404
    assert "GET /_mock/stats" in response.json()["error"]["message"]


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example:80"}])
def test_web_pages_are_refused(provider: RunningProvider, headers: dict[str, str]) -> None:
    assert control(provider, "POST", "/_mock/reset", headers=headers).status_code == 403


def test_control_leaves_no_trace_in_ledger_and_counters(provider: RunningProvider) -> None:
    control(provider, "GET", "/_mock/stats")
    assert provider.attempts == []
    assert provider.statistics.attempts == 0

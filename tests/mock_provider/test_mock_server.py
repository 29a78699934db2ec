"""The server: true headers, keep-alive, streams, capacity, ledger, steering."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from wire_client import (
    CHAT,
    connect,
    exchange,
    post,
    request_bytes,
    split_answer,
    wait_for_attempts,
    wait_until,
)

from mock_provider.running import RunningProvider, run_provider

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def provider() -> Iterator[RunningProvider]:
    with run_provider("latency.mean_s=0") as running:
        yield running


def test_answer_has_the_headers_of_the_real_provider(provider: RunningProvider) -> None:
    provider.change("limits.requests_per_minute=500", "limits.tokens_per_minute=30000")
    headers = post(provider).headers
    assert re.fullmatch(r"req_[0-9a-f]{32}", headers["x-request-id"])
    assert headers["openai-version"] == "2020-10-01"
    assert headers["openai-processing-ms"].isdigit()
    assert headers["openai-organization"]
    assert headers["content-type"] == "application/json"
    assert headers["x-ratelimit-limit-requests"] == "500"
    assert headers["x-ratelimit-remaining-requests"] == "499"
    assert headers["x-ratelimit-reset-requests"] == "120ms"
    assert headers["x-ratelimit-limit-tokens"] == "30000"


def test_without_limits_nothing_is_said_of_them(provider: RunningProvider) -> None:
    assert not [name for name in post(provider).headers if "ratelimit" in name]


def test_rate_limit_answers_429_and_is_told_apart_in_ledger_and_counters(provider: RunningProvider) -> None:
    provider.change("limits.requests_per_minute=1")
    post(provider)
    response = post(provider)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) >= 1
    assert response.json()["error"]["code"] == "rate_limit_exceeded"
    assert [attempt.outcome for attempt in provider.attempts] == ["ok", "rate_limited"]
    assert provider.attempts[1].retry_after_s == pytest.approx(60, abs=2)
    assert provider.statistics.rate_limited == 1


def test_token_limit_counts_prompt_and_what_the_answer_may_take(provider: RunningProvider) -> None:
    provider.change("limits.tokens_per_minute=1000")
    assert post(provider, CHAT | {"max_tokens": 900}).status_code == 200
    response = post(provider, CHAT | {"max_tokens": 900})
    assert response.status_code == 429
    assert response.json()["error"]["type"] == "tokens"


def test_request_ids_and_answer_ids_never_repeat(provider: RunningProvider) -> None:
    responses = [post(provider) for _ in range(5)]
    assert len({response.headers["x-request-id"] for response in responses}) == 5
    assert len({response.json()["id"] for response in responses}) == 5


def test_stream_is_server_sent_events_with_usage_when_asked_for(provider: RunningProvider) -> None:
    body = CHAT | {"stream": True, "stream_options": {"include_usage": True}}
    response = post(provider, body)
    lines = [line for line in response.text.split("\n\n") if line]
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert lines[-1] == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] > 0


def test_paced_stream_sends_each_token_when_it_is_due(provider: RunningProvider) -> None:
    provider.change("latency.mean_s=0.05", "latency.per_token_s=0.02", "reply.reply_tokens=10")
    with httpx.stream("POST", f"{provider.url}/chat/completions", json=CHAT | {"stream": True}) as response:
        tokens = (line for line in response.iter_lines() if '"content":"' in line and '"role"' not in line)
        arrivals = [time.monotonic() for _ in tokens]
    attempt = wait_for_attempts(provider, 1)[0]
    assert len(arrivals) == 10
    assert attempt.injected_s == pytest.approx(0.05 + 9 * 0.02)
    took_s = arrivals[-1] - attempt.received_s
    assert took_s >= 0.05 + 9 * 0.02 - 0.01  # later on a busy machine, never earlier
    assert attempt.achieved_s is not None
    assert attempt.achieved_s >= 0.229


def test_connection_is_used_again_and_the_ledger_shows_it(provider: RunningProvider) -> None:
    with httpx.Client() as client:
        for _ in range(3):
            client.post(f"{provider.url}/chat/completions", json=CHAT)
    attempts = wait_for_attempts(provider, 3)
    assert {attempt.connection for attempt in attempts} == {attempts[0].connection}
    assert [attempt.connection_request for attempt in attempts] == [0, 1, 2]


def test_pipelined_requests_are_answered_in_order(provider: RunningProvider) -> None:
    provider.change("latency.mean_s=0.02")
    bodies = [CHAT | {"model": f"model-{number}"} for number in range(4)]
    answer, ended = exchange(provider, b"".join(request_bytes(body) for body in bodies))
    assert ended == "silent"
    assert re.findall(rb'"model":"(model-\d)"', answer) == [b"model-0", b"model-1", b"model-2", b"model-3"]


def test_connection_close_is_honoured(provider: RunningProvider) -> None:
    answer, ended = exchange(provider, request_bytes(headers="connection: close\r\n"))
    assert ended == "closed"
    assert split_answer(answer)[1]["connection"] == "close"


def test_http_1_0_gets_a_stream_without_chunks(provider: RunningProvider) -> None:
    answer, ended = exchange(provider, request_bytes(stream=True).replace(b"HTTP/1.1", b"HTTP/1.0"))
    _, headers, body = split_answer(answer)
    assert ended == "closed"
    assert "transfer-encoding" not in headers
    assert body.startswith(b"data: {")
    assert body.endswith(b"data: [DONE]\n\n")


def test_attempt_carries_what_reports_need(provider: RunningProvider) -> None:
    provider.change("latency.mean_s=0.02")
    canary = "cnry0123456789ab"
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"Say {canary}"}]}
    post(
        provider, body, traceparent=f"00-{TRACE}-b7ad6b7169203331-01", x_stainless_retry_count="1",
        x_stainless_read_timeout="600",
    )  # fmt: skip
    attempt = wait_for_attempts(provider, 1)[0]
    assert (attempt.endpoint, attempt.model, attempt.outcome, attempt.status) == (
        "chat.completions",
        "gpt-4o",
        "ok",
        200,
    )
    assert (attempt.trace_id, attempt.retry_count, attempt.read_timeout_s) == (TRACE, 1, 600.0)
    assert attempt.canaries == [canary]
    assert attempt.injected_s == pytest.approx(0.02)
    assert attempt.achieved_s is not None
    assert attempt.end_s is not None
    assert attempt.received_s + 0.0195 <= attempt.end_s
    assert attempt.prompt_tokens
    assert attempt.completion_tokens == 40


def test_client_that_leaves_is_noticed_at_once(provider: RunningProvider) -> None:
    provider.change("latency.mean_s=30")
    with connect(provider) as client:
        client.sendall(request_bytes())
        wait_until(lambda: provider.statistics.in_flight == 1)
    attempt = wait_for_attempts(provider, 1)[0]
    assert (attempt.outcome, attempt.status) == ("client_gone", None)
    assert attempt.end_s is not None
    assert attempt.end_s - attempt.received_s < 10


def test_slots_make_requests_wait_and_a_full_queue_refuses(provider: RunningProvider) -> None:
    provider.change("latency.mean_s=0.2", "capacity.slots=1", "capacity.queue=1", "capacity.retry_after_s=3")
    with ThreadPoolExecutor(3) as pool:
        responses = list(pool.map(lambda _: post(provider), range(3)))
    assert sorted(response.status_code for response in responses) == [200, 200, 503]
    refused = next(response for response in responses if response.status_code == 503)
    assert refused.headers["retry-after"] == "3"
    attempts = wait_for_attempts(provider, 3)
    waited = sorted(attempt.queued_s for attempt in attempts if attempt.outcome == "ok")
    assert waited[0] < 0.1
    assert waited[1] >= 0.1
    assert [attempt.outcome for attempt in attempts].count("overloaded") == 1


def test_place_in_the_queue_is_given_up_with_the_connection(provider: RunningProvider) -> None:
    provider.change("latency.mean_s=1", "capacity.slots=1")
    first, second = connect(provider), connect(provider)
    first.sendall(request_bytes())
    wait_until(lambda: provider.statistics.in_flight == 1)
    second.sendall(request_bytes())
    wait_until(lambda: provider.statistics.queued == 1)
    second.close()
    wait_until(lambda: provider.statistics.queued == 0)
    first.recv(65536)
    first.close()
    assert post(provider).status_code == 200


def test_request_can_steer_its_own_answer(provider: RunningProvider) -> None:
    header = {"x_mock_set": "faults=[{kind='status', status=418}]; latency.mean_s=9"}
    assert post(provider, **header).status_code == 418
    assert post(provider).status_code == 200


def test_bad_steering_is_refused_with_its_problems(provider: RunningProvider) -> None:
    response = post(provider, x_mock_set="latency.mean_s=-1")
    assert response.status_code == 400
    assert "latency.mean_s is -1; it must be at least 0" in response.json()["error"]["message"]


def test_only_listed_keys_work(provider: RunningProvider) -> None:
    provider.change("access.keys=['sk-right']")
    assert post(provider).status_code == 401
    wrong = post(provider, authorization="Bearer sk-wrong-and-long-enough")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    assert "sk-wrong" not in wrong.text
    assert post(provider, authorization="Bearer sk-right").status_code == 200
    assert post(provider, api_key="sk-right").status_code == 200


def test_azure_paths_name_the_model(provider: RunningProvider) -> None:
    url = (
        f"http://127.0.0.1:{provider.port}/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    )
    response = httpx.post(url, json={"messages": CHAT["messages"]})
    assert response.json()["model"] == "my-gpt"


def test_models_are_listed_at_once_and_cost_no_quota() -> None:
    with run_provider("latency.mean_s=30", "limits.requests_per_minute=1") as provider:
        for _ in range(3):
            assert httpx.get(f"{provider.url}/models").json()["object"] == "list"
        assert httpx.get(f"{provider.url}/models/gpt-4o").json()["id"] == "gpt-4o"


def test_equal_requests_get_equal_answers_with_their_own_ids(provider: RunningProvider) -> None:
    tools = [
        {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
    ]
    body = CHAT | {"tools": tools, "tool_choice": "required"}
    answers = [post(provider, body).json() for _ in range(3)]
    calls = {answer["choices"][0]["message"]["tool_calls"][0]["id"] for answer in answers}
    assert len({answer["id"] for answer in answers}) == len(calls) == 3


def test_same_seed_and_requests_meet_the_same_faults() -> None:
    def statuses() -> list[int]:
        faults = "faults=[{kind='status', status=500, when={share=0.5}}]"
        with run_provider("latency.mean_s=0", "seed=4", faults) as provider:
            return [post(provider).status_code for _ in range(20)]

    first = statuses()
    assert first == statuses()
    assert {200, 500} == set(first)


def test_two_hundred_clients_at_once_are_all_served(provider: RunningProvider) -> None:
    provider.change("latency.mean_s=0.1")
    clients = [connect(provider) for _ in range(200)]
    for client in clients:
        client.sendall(request_bytes())
    answers = [client.recv(65536) for client in clients]
    for client in clients:
        client.close()
    assert all(answer.startswith(b"HTTP/1.1 200 OK") for answer in answers)
    assert provider.statistics.ok == 200
    assert max(attempt.in_flight for attempt in provider.attempts) > 50


def test_plan_can_change_while_requests_are_open(provider: RunningProvider) -> None:
    provider.change("latency.mean_s=1")
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(post(provider).status_code))
    thread.start()
    wait_until(lambda: provider.statistics.in_flight == 1)
    provider.change("faults=[{kind='status', status=500}]", "latency.mean_s=0")
    assert post(provider).status_code == 500
    thread.join()
    assert results == [200]

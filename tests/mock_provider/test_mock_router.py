"""The respx router: the same engine without a socket, for openai 2 (httpx) and openai 3 (httpx2)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import openai
import pytest

from mock_provider.plan import PlanError, load_plan
from mock_provider.records import Attempt
from mock_provider.router import ProviderRouter

MESSAGES: Any = [{"role": "user", "content": "Hello there"}]
USES_HTTPX2 = int(openai.__version__.split(".")[0]) >= 3
Ask = Callable[[], str]


def router(*overrides: str) -> ProviderRouter:
    return ProviderRouter(load_plan(None, ["latency.mean_s=0", *overrides]))


def ask_sync(stream: bool = False, **options: Any) -> str:
    with openai.OpenAI(api_key="k", **({"timeout": 2, "max_retries": 0} | options)) as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=stream)
        if not stream:
            return answer.choices[0].message.content or ""
        return "".join(chunk.choices[0].delta.content or "" for chunk in answer)


def ask_async(stream: bool = False, **options: Any) -> str:
    async def ask() -> str:
        async with openai.AsyncOpenAI(api_key="k", **({"timeout": 2, "max_retries": 0} | options)) as client:
            answer = await client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=stream)
            if not stream:
                return answer.choices[0].message.content or ""
            return "".join([chunk.choices[0].delta.content or "" async for chunk in answer])

    return asyncio.run(ask())


both = pytest.mark.parametrize("ask", [ask_sync, ask_async])


@both
@pytest.mark.parametrize("stream", [False, True])
def test_client_gets_an_answer(ask: Callable[..., str], stream: bool) -> None:
    with router("reply.reply_text='All is well.'") as mock:
        assert ask(stream) == "All is well."
    assert [attempt.outcome for attempt in mock.attempts] == ["ok"]
    assert mock.attempts[0].stream is stream
    assert mock.attempts[0].read_timeout_s == 2


@both
def test_paced_stream_takes_its_time(ask: Callable[..., str]) -> None:
    with router("latency.per_token_s=0.01", "reply.reply_tokens=11") as mock:
        ask(True)
    attempt = mock.attempts[0]
    assert attempt.outcome == "ok"
    assert attempt.achieved_s is not None
    assert attempt.achieved_s >= 0.099


def test_rate_limit_is_met_and_retried_as_told() -> None:
    with (
        router("limits.requests_per_minute=60", "limits.burst_s=1") as mock,
        openai.OpenAI(api_key="k") as client,
    ):
        for _ in range(2):
            client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert [attempt.outcome for attempt in mock.attempts] == ["ok", "rate_limited", "ok"]
    assert [attempt.retry_count for attempt in mock.attempts] == [0, 0, 1]
    told_s = mock.attempts[1].retry_after_s
    assert told_s is not None
    assert mock.attempts[2].received_s - mock.attempts[1].received_s >= told_s - 0.01


@both
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("{kind='status', status=500}", openai.InternalServerError),
        ("{kind='status', status=429}", openai.RateLimitError),
        ("{kind='reset'}", openai.APIConnectionError),
        ("{kind='close'}", openai.APIConnectionError),
        ("{kind='malformed_json'}", ValueError),
    ],
)
def test_fault_of_plain_answers(ask: Callable[..., str], fault: str, error: type[Exception]) -> None:
    with router(f"faults=[{fault}]") as mock, pytest.raises(error):
        ask()
    assert [attempt.outcome for attempt in mock.attempts] == ["fault"]


@both
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("{kind='reset', after_chunks=3}", openai.APIConnectionError),
        ("{kind='close', after_bytes=700}", openai.APIConnectionError),
        ("{kind='error_event'}", openai.APIError),
        ("{kind='malformed_event'}", ValueError),
    ],
)
def test_fault_of_streams(ask: Callable[..., str], fault: str, error: type[Exception]) -> None:
    # openai 2 lets the HTTP library's own error through in the middle of a stream.
    broken = (error,) if USES_HTTPX2 else (error, httpx.TransportError)
    with router(f"faults=[{fault}]") as mock, pytest.raises(broken):
        ask(True)
    assert [attempt.fault for attempt in mock.attempts] == [fault.split("'")[1]]


@both
@pytest.mark.parametrize("position", ["", ", after_chunks=2"])
def test_hang_ends_with_the_clients_timeout(ask: Callable[..., str], position: str) -> None:
    broken: Any = openai.APITimeoutError if USES_HTTPX2 else (openai.APITimeoutError, httpx.ReadTimeout)
    with router(f"faults=[{{kind='hang'{position}}}]") as mock, pytest.raises(broken):
        ask(bool(position), timeout=0.1)
    assert [(attempt.outcome, attempt.fault) for attempt in mock.attempts] == [("client_gone", "hang")]


@both
def test_latency_longer_than_the_timeout_is_a_timeout(ask: Callable[..., str]) -> None:
    with router("latency.mean_s=5") as mock, pytest.raises(openai.APITimeoutError):
        ask(timeout=0.1)
    assert mock.attempts[0].outcome == "client_gone"


def assert_served_one_by_one(attempts: list[Attempt]) -> None:
    assert [attempt.outcome for attempt in attempts] == ["ok"] * 4
    served = sorted((a.received_s + a.queued_s, a.end_s or 0.0) for a in attempts)
    assert all(end_s <= start_s + 0.001 for (_, end_s), (start_s, _) in pairwise(served))


def test_slots_are_shared_by_threads() -> None:
    with router("latency.mean_s=0.05", "capacity.slots=1") as mock:
        threads = [threading.Thread(target=ask_sync, kwargs={"timeout": 20}) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert_served_one_by_one(mock.attempts)


def test_slots_are_shared_by_tasks() -> None:
    async def ask_four() -> None:
        async with openai.AsyncOpenAI(api_key="k", max_retries=0) as client:
            calls = [client.chat.completions.create(model="m", messages=MESSAGES) for _ in range(4)]
            await asyncio.gather(*calls)

    with router("latency.mean_s=0.05", "capacity.slots=1") as mock:
        asyncio.run(ask_four())
    assert_served_one_by_one(mock.attempts)


def test_cancelled_request_gives_back_its_slot() -> None:
    async def cancel_one() -> None:
        async with openai.AsyncOpenAI(api_key="k", max_retries=0) as client:
            first = asyncio.create_task(client.chat.completions.create(model="m", messages=MESSAGES))
            second = asyncio.create_task(client.chat.completions.create(model="m", messages=MESSAGES))
            await asyncio.sleep(0.2)
            first.cancel()
            await asyncio.wait([first])
            assert (await second).choices

    with router("latency.mean_s=0.6", "capacity.slots=1") as mock:
        asyncio.run(cancel_one())
    assert [attempt.outcome for attempt in mock.attempts] == ["client_gone", "ok"]


def test_langchain_works_unchanged() -> None:
    from langchain_openai import ChatOpenAI

    with router("reply.reply_text='All is well.'"):
        assert ChatOpenAI(api_key="k").invoke("hi").content == "All is well."  # type: ignore[arg-type]


@pytest.mark.skipif(not USES_HTTPX2, reason="openai 2 has no other client")
def test_client_of_httpx_handed_to_openai_3_is_met_too() -> None:
    with router("reply.reply_text='All is well.'") as mock, httpx.Client() as legacy:
        client: Any = legacy
        assert ask_sync(http_client=client) == "All is well."
    assert len(mock.attempts) == 1


@pytest.mark.skipif(not USES_HTTPX2, reason="needs httpx2")
def test_it_works_where_httpx_is_an_alias_of_httpx2() -> None:
    code = """
import httpx2
httpx2.alias_httpx()
import openai
from mock_provider.records import Attempt
from mock_provider.router import ProviderRouter
with ProviderRouter() as mock:
    openai.OpenAI(api_key="k").chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
print([attempt.outcome for attempt in mock.attempts])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.strip(), done.returncode) == ("['ok']", 0), done.stderr


def test_other_base_url() -> None:
    with ProviderRouter(load_plan(None, ["latency.mean_s=0"]), base_url="https://llm.internal/api") as mock:
        ask_sync(base_url="https://llm.internal/api")
    assert mock.attempts[0].endpoint == "chat.completions"


def test_decorator_form() -> None:
    mock = router()

    @mock
    def ask() -> None:
        ask_sync()

    ask()
    assert len(mock.attempts) == 1


@pytest.mark.parametrize(
    "fault",
    [
        "{kind='dribble'}",
        "{kind='wrong_content_length'}",
        "{kind='refused_connection'}",
        "{kind='stalled_accept'}",
        "{kind='reset', after_head_bytes=3}",
    ],
)
def test_fault_that_needs_a_socket_is_refused_with_the_way_out(fault: str) -> None:
    with pytest.raises(PlanError, match="needs a real connection; use the server instead"):
        router(f"faults=[{fault}]")

"""Each fault and what the openai client makes of it: attempts, waits between them, the error or the answer.

The table is the client's documented and measured behaviour; what differs between openai 2 and 3 is marked.  All cases
run at once against one provider, each steering its own requests.  Waits are checked from below only.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import httpx
import openai
import pytest
from wire_client import wait_until

from mock_provider.records import Attempt
from mock_provider.running import RunningProvider, run_provider

TIMEOUT_S = 1.0
AT_ONCE = 12  # more, and a slow machine makes the client's own work look like a provider's silence
FIRST_S, SECOND_S = 0.37, 0.74  # shortest back-off of the client: 0.5 s and 1 s, less a quarter
VERSION = tuple(int(part) for part in openai.__version__.split(".")[:2])
IS_3 = VERSION >= (3, 0)
OBEYS_LONG_WAITS = VERSION >= (2, 53)  # older ones fall back to their own short waits
WHOLE = "All is well, and all manner of things shall be well."
MESSAGES: Any = [{"role": "user", "content": "Hello there"}]
JsonError = json.JSONDecodeError
Broken: Any = openai.APIConnectionError if IS_3 else (httpx.ReadError, httpx.RemoteProtocolError)
Silent: Any = openai.APITimeoutError if IS_3 else httpx.ReadTimeout


class Case(NamedTuple):
    """A fault, and what follows from it."""

    fault: str
    attempts: int
    result: Any  # an exception type, or a word: whole, partial, empty, text
    waits: tuple[float, ...] = ()  # at least, between the end of one attempt and the start of the next
    stream: bool = False


RETRIED = (FIRST_S, SECOND_S)
CASES = {
    **{
        f"status {status}": Case(f"kind='status', status={status}", 1, error)
        for status, error in (
            (400, openai.BadRequestError),
            (401, openai.AuthenticationError),
            (403, openai.PermissionDeniedError),
            (404, openai.NotFoundError),
            (422, openai.UnprocessableEntityError),
        )
    },
    **{
        f"status {status}": Case(f"kind='status', status={status}", 3, error, RETRIED)
        for status, error in (
            (408, openai.APIStatusError),
            (409, openai.ConflictError),
            (429, openai.RateLimitError),
            (500, openai.InternalServerError),
            (502, openai.InternalServerError),
            (503, openai.InternalServerError),
            (529, openai.InternalServerError),
        )
    },
    "retry-after 1": Case("kind='status', status=429, retry_after_s=1, when={first=1}", 2, "whole", (0.99,)),
    "retry-after-ms": Case(
        "kind='status', status=429, retry_after_ms=150, when={first=1}", 2, "whole", (0.149,)
    ),
    "retry-after 0": Case(
        "kind='status', status=429, retry_after_s=0, when={first=1}", 2, "whole", (FIRST_S,)
    ),
    "retry-after 121": Case(
        "kind='status', status=429, retry_after_s=121",
        1 if OBEYS_LONG_WAITS else 3,
        openai.RateLimitError,
        () if OBEYS_LONG_WAITS else RETRIED,
    ),
    "should not retry": Case("kind='status', status=429, should_retry=false", 1, openai.RateLimitError),
    "should retry": Case(
        "kind='status', status=400, should_retry=true, when={first=1}", 2, "whole", (FIRST_S,)
    ),
    "spent quota": Case(
        "kind='status', status=429, code='insufficient_quota'", 3, openai.RateLimitError, RETRIED
    ),
    "reset": Case("kind='reset'", 3, openai.APIConnectionError, RETRIED),
    "close": Case("kind='close'", 3, openai.APIConnectionError, RETRIED),
    "reset in the head": Case("kind='reset', after_head_bytes=20", 3, openai.APIConnectionError, RETRIED),
    "wrong content length": Case("kind='wrong_content_length'", 3, openai.APIConnectionError, RETRIED),
    "close in the body": Case("kind='close', after_bytes=20", 3, openai.APIConnectionError, RETRIED),
    "hang": Case("kind='hang'", 3, openai.APITimeoutError, RETRIED),
    "hang in the body": Case("kind='hang', after_bytes=20", 3, openai.APITimeoutError, RETRIED),
    "delay": Case("kind='delay', delay_s=5", 3, openai.APITimeoutError, RETRIED),
    "malformed json": Case("kind='malformed_json'", 1, JsonError),
    "empty body": Case("kind='malformed_json', body=''", 1, JsonError),
    "html": Case("kind='wrong_content_type'", 1, "text"),
    "json as text": Case("kind='wrong_content_type', content_type='text/plain', keep_body=true", 1, "whole"),
    "dribble": Case("kind='dribble', slice_bytes=200, gap_s=0.01", 1, "whole"),
    "stream: status": Case("kind='status', status=503", 3, openai.InternalServerError, RETRIED, stream=True),
    "stream: reset": Case("kind='reset', after_chunks=3", 1, Broken, stream=True),
    "stream: close": Case("kind='close', after_chunks=3", 1, Broken, stream=True),
    "stream: close in a chunk": Case("kind='close', after_bytes=600", 1, Broken, stream=True),
    "stream: no done": Case("kind='truncated_stream', after_chunks=4", 1, "partial", stream=True),
    "stream: done too early": Case(
        "kind='truncated_stream', after_chunks=4, with_done=true", 1, "partial", stream=True
    ),
    "stream: malformed event": Case("kind='malformed_event', after_chunks=3", 1, JsonError, stream=True),
    "stream: error event": Case("kind='error_event', after_chunks=3", 1, openai.APIError, stream=True),
    "stream: hang": Case("kind='hang', after_chunks=3", 1, Silent, stream=True),
    "stream: hang after done": Case("kind='hang', after_chunks=999", 1, "whole", stream=True),
    "stream: slow first token": Case(
        "kind='slow_first_token', delay_s=5", 3, openai.APITimeoutError, RETRIED, stream=True
    ),
    "stream: slow tokens": Case("kind='slow_tokens', per_token_s=0.01", 1, "whole", stream=True),
    "stream: plain answer": Case("kind='plain_instead_of_stream'", 1, "empty", stream=True),
}
KINDS = ("sync", "async")
Outcomes = dict[tuple[str, str], tuple[Any, list[Attempt]]]


def options(url: str) -> dict[str, Any]:
    return {"base_url": url, "api_key": "k", "timeout": TIMEOUT_S}


def request(kind: str, name: str) -> dict[str, Any]:
    case = CASES[name]
    return {
        "model": f"{kind} {name}",
        "messages": MESSAGES,
        "stream": case.stream,
        "extra_headers": {"x-mock-set": f"faults=[{{name='{kind}', {case.fault}}}]"},
    }


def read_whole(answer: Any) -> Any:
    return answer if isinstance(answer, str) else answer.choices[0].message.content


def ask(client: openai.OpenAI, name: str) -> Any:
    try:
        answer = client.chat.completions.create(**request("sync", name))
        if not CASES[name].stream:
            return read_whole(answer)
        return "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices[0].delta)
    except Exception as error:
        return error


async def ask_async(client: openai.AsyncOpenAI, name: str, turn: asyncio.Semaphore) -> Any:
    async with turn:
        return await ask_now(client, name)


async def ask_now(client: openai.AsyncOpenAI, name: str) -> Any:
    try:
        answer = await client.chat.completions.create(**request("async", name))
        if not CASES[name].stream:
            return read_whole(answer)
        chunks = [chunk async for chunk in answer]
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices[0].delta)
    except Exception as error:
        return error


def ask_all(url: str) -> list[Any]:
    with openai.OpenAI(**options(url)) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        client.with_options(timeout=60).models.list()  # the first request is slow: it imports
        return list(pool.map(lambda name: ask(client, name), CASES))


async def ask_all_async(url: str) -> list[Any]:
    async with openai.AsyncOpenAI(**options(url)) as client:
        await client.with_options(timeout=60).models.list()
        turn = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(ask_async(client, name, turn) for name in CASES))


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """What each case gave, by kind of client and name; and the attempts it made."""
    with run_provider("latency.mean_s=0", f"reply.reply_text={WHOLE}") as provider:
        results = {("sync", name): one for name, one in zip(CASES, ask_all(provider.url), strict=True)}
        of_tasks = asyncio.run(ask_all_async(provider.url))
        results |= {("async", name): one for name, one in zip(CASES, of_tasks, strict=True)}
        wait_until(lambda: provider.statistics.in_flight == 0)
        attempts = sorted(provider.attempts, key=lambda attempt: attempt.received_s)
    return {key: (one, [a for a in attempts if a.model == " ".join(key)]) for key, one in results.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CASES)
def test_client_does_what_it_is_known_to_do(outcomes: Outcomes, kind: str, name: str) -> None:
    case = CASES[name]
    result, attempts = outcomes[kind, name]
    assert len(attempts) == case.attempts, result
    assert [attempt.retry_count for attempt in attempts] == list(range(case.attempts))
    gaps = [after.received_s - (before.end_s or 0) for before, after in pairwise(attempts)]
    assert all(gap >= wait - 0.02 for gap, wait in zip(gaps, case.waits, strict=False)), gaps
    check_result(case, result)


def check_result(case: Case, result: Any) -> None:
    if not isinstance(case.result, str):
        assert isinstance(result, case.result), repr(result)
        return
    assert isinstance(result, str), repr(result)
    if case.result == "whole":
        assert result == WHOLE
    elif case.result == "partial":
        assert WHOLE.startswith(result)
        assert 0 < len(result) < 30
    elif case.result == "empty":
        assert result == ""
    else:
        assert result.startswith("<!DOCTYPE html>")


def test_type_of_a_timeout_is_told_apart_from_other_errors_of_the_connection(outcomes: Outcomes) -> None:
    assert type(outcomes["sync", "hang"][0]) is openai.APITimeoutError
    assert type(outcomes["sync", "reset"][0]) is openai.APIConnectionError
    assert type(outcomes["sync", "status 408"][0]) is openai.APIStatusError


def test_refused_connection_is_tried_three_times() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    started_s = time.monotonic()
    result = ask_port(port)
    assert isinstance(result, openai.APIConnectionError)
    assert time.monotonic() - started_s >= FIRST_S + SECOND_S


def ask_port(port: int) -> Any:
    try:
        with openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="k") as client:
            return client.chat.completions.create(model="m", messages=MESSAGES)
    except openai.OpenAIError as error:
        return error


def test_stalled_accept_is_waited_for() -> None:
    with run_provider("latency.mean_s=0", "faults=[{kind='stalled_accept', when={until_s=0.5}}]") as provider:
        with openai.OpenAI(base_url=provider.url, api_key="k") as client:
            assert client.chat.completions.create(model="m", messages=MESSAGES).choices
        assert [attempt.outcome for attempt in provider.attempts] == ["ok"]


@pytest.fixture
def provider() -> Iterator[RunningProvider]:
    with run_provider("latency.mean_s=0") as running:
        yield running


def chat_model(provider: RunningProvider, **settings: Any) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(base_url=provider.url, api_key="k", **settings)  # type: ignore[arg-type]


def test_langchain_retries_as_the_client_does(provider: RunningProvider) -> None:
    provider.change("faults=[{kind='status', status=429}]")
    with pytest.raises(openai.RateLimitError):
        chat_model(provider).invoke("hello")
    assert len(provider.attempts) == 3


def test_langchain_sets_no_timeout_and_the_ledger_shows_it(provider: RunningProvider) -> None:
    chat_model(provider).invoke("hello")
    assert (provider.attempts[0].retry_count, provider.attempts[0].read_timeout_s) == (0, None)


def test_langchain_saves_async_streams_from_silence(provider: RunningProvider) -> None:
    async def read() -> list[Any]:
        model = chat_model(provider, stream_chunk_timeout=0.3)
        return [chunk async for chunk in model.astream("hello")]

    provider.change("faults=[{kind='hang', after_chunks=2}]")
    with pytest.raises(Exception, match=r"(?i)chunk|timeout"):
        asyncio.run(read())

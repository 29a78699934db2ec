"""Whatever is asked over the wire: an answer valid by OpenAI's published schema, or an error in its shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai_spec import problems_of
from wire_client import post

from mock_provider.running import RunningProvider, run_provider

SCHEMAS = {
    "/chat/completions": "CreateChatCompletionResponse",
    "/embeddings": "CreateEmbeddingResponse",
}
tool = st.builds(
    lambda name, kind: {
        "type": "function",
        "function": {"name": name, "parameters": {"type": "object", "properties": {"a": {"type": kind}}}},
    },
    st.from_regex(r"\A[a-z]{1,8}\Z"),
    st.sampled_from(["string", "integer", "boolean", "number", "array"]),
)
messages = st.lists(
    st.builds(
        lambda role, text: {"role": role, "content": text},
        st.sampled_from(["system", "user", "assistant", "developer"]),
        st.text(max_size=40),
    ),
    min_size=1,
    max_size=3,
)
chats = st.fixed_dictionaries(
    {"model": st.sampled_from(["gpt-4o", "o3", "any"]), "messages": messages},
    optional={
        "n": st.integers(0, 3),
        "max_tokens": st.integers(-1, 50),
        "stop": st.text(max_size=3) | st.lists(st.text(max_size=3), max_size=5),
        "tools": st.lists(tool, max_size=2, unique_by=lambda one: str(one["function"]["name"])),
        "tool_choice": st.sampled_from(["auto", "none", "required", "other"]),
        "logprobs": st.booleans(),
        "top_logprobs": st.integers(0, 3),
        "temperature": st.floats(-1, 3),
        "response_format": st.sampled_from([{"type": "text"}, {"type": "json_object"}, {"type": "other"}]),
    },
)
embeddings = st.fixed_dictionaries(
    {
        "model": st.just("text-embedding-3-small"),
        "input": st.text(max_size=20) | st.lists(st.text(max_size=5)),
    },
    optional={
        "dimensions": st.integers(-1, 20),
        "encoding_format": st.sampled_from(["float", "base64", "other"]),
    },
)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningProvider]:
    with run_provider("latency.mean_s=0", "reply.reply_tokens=5") as running:
        yield running


def check(provider: RunningProvider, path: str, body: dict[str, Any]) -> None:
    response = post(provider, body, path=path)
    assert response.status_code in (200, 400), response.text
    if response.status_code == 400:
        assert set(response.json()["error"]) == {"message", "type", "param", "code"}
    elif body.get("stream"):
        lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
        assert lines.pop() == "[DONE]"
        for line in lines:
            assert problems_of(json.loads(line), "CreateChatCompletionStreamResponse") == []
    elif body.get("encoding_format") != "base64":  # the schema knows lists of numbers only
        assert problems_of(response.json(), SCHEMAS[path]) == []


@quick
@given(chats, st.booleans())
def test_chat(provider: RunningProvider, body: dict[str, Any], stream: bool) -> None:
    check(provider, "/chat/completions", body | {"stream": stream})


@quick
@given(embeddings)
def test_embeddings(provider: RunningProvider, body: dict[str, Any]) -> None:
    check(provider, "/embeddings", body)

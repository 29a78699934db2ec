"""What the real provider refuses is refused, in its shape; nothing else ever goes wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import IDS, ask, ask_chat, function_tool, json_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_provider.replies import ENDPOINTS, Memory, RequestRefusedError, Script, build_reply

HELLO = [{"role": "user", "content": "Hello"}]
TOOL = function_tool("search", query={"type": "string"})
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "search"}}],
}
OPEN_OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}

CHATS: list[tuple[dict[str, Any], str | None, str | None]] = [  # fields; param and code of the refusal
    ({"model": None}, None, None),
    ({"model": 5}, "model", "invalid_type"),
    ({"messages": None}, "messages", "missing_required_parameter"),
    ({"messages": "Hello"}, "messages", "invalid_type"),
    ({"messages": []}, "messages", "empty_array"),
    ({"messages": ["Hello"]}, "messages[0]", "invalid_type"),
    ({"messages": [{"content": "Hello"}]}, "messages[0].role", "missing_required_parameter"),
    ({"messages": [{"role": "bot", "content": "Hello"}]}, "messages[0].role", "invalid_value"),
    ({"messages": [{"role": "user"}]}, "messages.[0].content", None),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "invalid_type"),
    (
        {"messages": [{"role": "user", "content": [{"type": "video"}]}]},
        "messages[0].content[0].type",
        "invalid_value",
    ),
    (
        {"messages": [*HELLO, {"role": "tool", "tool_call_id": "call_1", "content": "5"}]},
        "messages.[1].role",
        None,
    ),
    ({"messages": [*HELLO, CALL, *HELLO]}, "messages.[1].role", None),
    ({"messages": [*HELLO, CALL]}, "messages.[1].role", None),
    (
        {"messages": [*HELLO, CALL, {"role": "tool", "tool_call_id": "call_2", "content": "5"}]},
        "messages.[2].tool_call_id",
        None,
    ),
    ({"parallel_tool_calls": False}, "parallel_tool_calls", None),
    ({"modalities": ["text", "audio"]}, "modalities", "unsupported_value"),
    ({"model": "o3-mini", "temperature": 0}, "temperature", "unsupported_value"),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a b", "schema": {}}}},
        "response_format.json_schema.name",
        "invalid_value",
    ),
    ({"n": 0}, "n", "integer_below_min_value"),
    ({"n": 129}, "n", "integer_above_max_value"),
    ({"n": "two"}, "n", "invalid_type"),
    ({"n": True}, "n", "invalid_type"),
    ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
    ({"max_completion_tokens": 0}, "max_completion_tokens", "integer_below_min_value"),
    ({"temperature": 2.5}, "temperature", "decimal_above_max_value"),
    ({"temperature": "hot"}, "temperature", "invalid_type"),
    ({"top_p": -0.1}, "top_p", "decimal_below_min_value"),
    ({"stream": "yes"}, "stream", "invalid_type"),
    ({"stream_options": {"include_usage": True}}, "stream_options", None),
    ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "array_above_max_length"),
    ({"stop": 5}, "stop", "invalid_type"),
    ({"top_logprobs": 3}, "top_logprobs", None),
    ({"reasoning_effort": "huge"}, "reasoning_effort", "invalid_value"),
    ({"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
    ({"metadata": {str(n): "a" for n in range(17)}}, "metadata", "object_above_max_properties"),
    ({"metadata": {"a": "b" * 513}}, "metadata.a", "string_above_max_length"),
    ({"tools": [function_tool(f"f{n}") for n in range(129)]}, "tools", "array_above_max_length"),
    (
        {"response_format": json_schema({"type": "array", "items": {"type": "string"}}, strict=True)},
        "response_format",
        "invalid_json_schema",
    ),
    (
        {"response_format": json_schema({"anyOf": [{"type": "object"}]}, strict=True)},
        "response_format",
        "invalid_json_schema",
    ),
    ({"colour": "red"}, None, None),
    ({"tools": "search"}, "tools", "invalid_type"),
    ({"tools": [{"function": {"name": "f"}}]}, "tools[0].type", "missing_required_parameter"),
    ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
    (
        {"tools": [{"type": "function", "function": {}}]},
        "tools[0].function.name",
        "missing_required_parameter",
    ),
    ({"tools": [function_tool("no spaces")]}, "tools[0].function.name", "invalid_value"),
    ({"tools": [function_tool("f" * 65)]}, "tools[0].function.name", "string_above_max_length"),
    ({"tool_choice": "auto"}, "tool_choice", None),
    ({"tools": [TOOL], "tool_choice": "always"}, "tool_choice", "invalid_value"),
    (
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "find"}}},
        "tool_choice",
        None,
    ),
    ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
    ({"response_format": {"type": "json_object"}}, "messages", None),
    (
        {"response_format": {"type": "json_schema"}},
        "response_format.json_schema",
        "missing_required_parameter",
    ),
    ({"response_format": json_schema(OPEN_OBJECT, strict=True)}, "response_format", "invalid_json_schema"),
    ({"model": "o3-mini", "max_tokens": 50}, "max_tokens", "unsupported_parameter"),
]
OTHERS: list[tuple[str, dict[str, Any], str | None]] = [  # endpoint, fields, param of the refusal
    ("completions", {"prompt": "Hello"}, None),
    ("completions", {"model": "m", "prompt": []}, "prompt"),
    ("completions", {"model": "m", "prompt": "Hello", "logprobs": 9}, "logprobs"),
    ("completions", {"model": "m", "prompt": "Hello", "max_tokens": -1}, "max_tokens"),
    ("responses", {"model": "m", "input": "Hello", "max_output_tokens": 15}, "max_output_tokens"),
    ("embeddings", {"model": "m"}, "input"),
    ("embeddings", {"model": "m", "input": ""}, None),
    ("embeddings", {"model": "m", "input": ["a", 5]}, None),
    ("embeddings", {"model": "m", "input": ["a"] * 2049}, "input"),
    ("embeddings", {"model": "m", "input": "a", "encoding_format": "hex"}, "encoding_format"),
    ("embeddings", {"model": "text-embedding-3-small", "input": "a", "dimensions": 1537}, "dimensions"),
    ("embeddings", {"model": "text-embedding-ada-002", "input": "a", "dimensions": 5}, None),
    ("moderations", {}, "input"),
    ("moderations", {"input": []}, "input"),
    ("responses", {"input": "Hello"}, None),
    ("responses", {"model": "m"}, "input"),
    ("responses", {"model": "m", "input": "Hello", "messages": []}, "messages"),
    (
        "responses",
        {"model": "m", "input": [{"role": "user", "content": [{"type": "video"}]}]},
        "input[0].content[0].type",
    ),
    (
        "responses",
        {"model": "m", "input": [{"type": "function_call_output", "call_id": "c", "output": ""}]},
        "input",
    ),
    ("responses", {"model": "m", "input": [{"type": "function_call", "call_id": "c", "name": "f"}]}, "input"),
    ("responses", {"model": "m", "input": "Hello", "tools": [{"type": "rocket"}]}, "tools[0].type"),
    ("responses", {"model": "m", "input": "Hello", "tools": [{"type": "mcp"}]}, "tools[0].server_label"),
    ("responses", {"model": "m", "input": "Hello", "tool_choice": "required"}, "tool_choice"),
]


@pytest.mark.parametrize(("fields", "param", "code"), CHATS)
def test_chat_requests_that_are_refused(fields: dict[str, Any], param: str | None, code: str | None) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        ask("chat.completions", **{"model": "gpt-4o", "messages": HELLO, **fields})
    refusal = caught.value
    assert (refusal.status, refusal.type) == (400, "invalid_request_error")
    assert (refusal.param, refusal.code) == (param, code)
    assert refusal.message


@pytest.mark.parametrize(("endpoint", "fields", "param"), OTHERS)
def test_other_requests_that_are_refused(endpoint: str, fields: dict[str, Any], param: str | None) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        ask(endpoint, **fields)
    assert (caught.value.status, caught.value.param) == (400, param)


@pytest.mark.parametrize(
    "field", ["temperature", "n", "stop", "tools", "tool_choice", "stream_options", "user", "seed"]
)
def test_null_stands_for_the_default(field: str) -> None:
    assert ask_chat("Hello", **{field: None}).body == ask_chat("Hello").body


def test_newer_models_take_the_newer_limit() -> None:
    assert (
        ask("chat.completions", model="gpt-5", messages=HELLO, max_completion_tokens=5).completion_tokens == 5
    )


@pytest.mark.parametrize(
    ("model", "temperature"), [("o3", 1), ("gpt-5.2", 0), ("gpt-4o", 0), ("gpt-5", None)]
)
def test_only_reasoning_models_have_one_temperature(model: str, temperature: float | None) -> None:
    assert ask("chat.completions", model=model, messages=HELLO, temperature=temperature).body


def test_unknown_fields_can_be_let_through() -> None:
    assert ask_chat("Hello", script=Script(accept_unknown_parameters=True), top_k=5).body


def test_models_that_do_not_exist_are_not_found() -> None:
    for endpoint, fields in (("chat.completions", {"messages": HELLO}), ("models.retrieve", {})):
        with pytest.raises(RequestRefusedError) as caught:
            ask(endpoint, script=Script(models=("gpt-4o",)), model="gpt-9", **fields)
        assert (caught.value.status, caught.value.code) == (404, "model_not_found")


def test_a_prompt_longer_than_the_window_is_refused() -> None:
    with pytest.raises(RequestRefusedError) as caught:
        ask_chat("word " * 100, script=Script(context_tokens=100))
    assert caught.value.code == "context_length_exceeded"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-2, 2)
    | st.sampled_from(["", "auto", "function", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "name", "function", "properties", "content", "role"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        *(
            "messages",
            "tools",
            "tool_choice",
            "functions",
            "function_call",
            "response_format",
            "stop",
            "n",
            "input",
        ),
        *(
            "prompt",
            "text",
            "reasoning",
            "metadata",
            "stream_options",
            "include",
            "instructions",
            "dimensions",
        ),
        *("logprobs", "max_tokens", "encoding_format", "logit_bias", "truncation", "model"),
        *("previous_response_id", "conversation", "items", "id", "store", "modalities", "audio", "reasoning"),
    ]
)


MEMORY = Memory()  # what junk leaves behind must not hurt either


@given(st.sampled_from(sorted(ENDPOINTS)), st.dictionaries(FIELDS, JSON, max_size=4), JSON)
@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_junk_is_refused_or_answered_and_nothing_else(
    endpoint: str, fields: dict[str, Any], junk: Any
) -> None:
    base = {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "call a(1) as json"}],
        "input": "call a(1) now",
    }
    whole = base | {"prompt": "a"} | fields
    nested = base | {
        "tools": [{"type": "function", "name": "a", "function": {"name": "a", "parameters": junk}}]
    }
    for request in (whole, nested):
        known = {
            key: value
            for key, value in request.items()
            if endpoint != "embeddings" or key in ("model", "input")
        }
        try:
            reply = build_reply(endpoint, known, Script(accept_unknown_parameters=True), IDS, MEMORY)
        except RequestRefusedError:
            continue
        assert isinstance(json.loads(reply.body), dict)
        assert isinstance(reply.events, list)

"""Every plain answer and every stream event is valid against OpenAI's own schema."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, ask_chat, chunks_of, function_tool, json_schema, object_of, read
from openai_spec import problems_of

INTEGER, STRING = {"type": "integer"}, {"type": "string"}
MAGIC = function_tool("magic_function", input=INTEGER)
RESPONSE_MAGIC = {"type": "function", **MAGIC["function"]}
CUSTOM = {"type": "custom", "custom": {"name": "run_code"}}
PERSON = object_of(name=STRING, age=INTEGER)
TWO_CALLS = "What are magic_function(3) and magic_function(4)?"

CHATS: dict[str, dict[str, Any]] = {
    "plain": {},
    "choices": {"n": 3},
    "usage": {"stream_options": {"include_usage": True}},
    "logprobs": {"logprobs": True, "top_logprobs": 2},
    "logprobs without alternatives": {"logprobs": True},
    "cut": {"max_tokens": 3},
    "stop": {"stop": ["answer"]},
    "tools": {"prompt": TWO_CALLS, "tools": [MAGIC], "n": 2},
    "custom tool": {"prompt": "Run the code, please.", "tools": [CUSTOM], "tool_choice": "required"},
    "functions": {"prompt": TWO_CALLS, "functions": [MAGIC["function"]]},
    "schema": {"response_format": json_schema(PERSON, strict=True)},
    "json": {"prompt": "JSON with 'a' and 'b'", "response_format": {"type": "json_object"}},
}
RESPONSES: dict[str, dict[str, Any]] = {
    "plain": {},
    "logprobs": {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
    "cut": {"max_output_tokens": 16},
    "calls": {"input": TWO_CALLS, "tools": [RESPONSE_MAGIC], "tool_choice": "required"},
    "custom tool": {
        "tools": [{"type": "custom", "name": "run"}],
        "tool_choice": {"type": "custom", "name": "run"},
    },
    "schema": {
        "text": {"format": {"type": "json_schema", "name": "person", "schema": PERSON, "strict": True}}
    },
    "own tools": {
        "tools": [
            {"type": "web_search"},
            {"type": "file_search", "vector_store_ids": ["vs_1"]},
            {"type": "code_interpreter", "container": {"type": "auto"}},
            {"type": "mcp", "server_label": "docs", "server_url": "https://example.com/mcp"},
        ]
    },
    "everything": {
        "instructions": "Be kind.",
        "metadata": {"tenant": "a"},
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"verbosity": "low"},
        "temperature": 0.5,
        "top_p": 0.5,
        "truncation": "auto",
        "user": "u",
        "service_tier": "flex",
        "previous_response_id": "resp_1",
        "tool_choice": "none",
        "parallel_tool_calls": False,
        "store": False,
    },
}


@pytest.mark.parametrize("name", CHATS)
def test_chat_answer_is_valid(name: str) -> None:
    fields = {"prompt": "Say hello, please.", **CHATS[name]}
    reply = ask_chat(fields.pop("prompt"), **fields, stream=False)
    assert problems_of(read(reply), "CreateChatCompletionResponse") == []


@pytest.mark.parametrize("name", CHATS)
def test_chat_events_are_valid(name: str) -> None:
    fields = {"prompt": "Say hello, please.", **CHATS[name]}
    reply = ask_chat(fields.pop("prompt"), **fields, stream=True)
    assert reply.events[-1] == b"data: [DONE]\n\n"
    for chunk in chunks_of(reply):
        assert problems_of(chunk, "CreateChatCompletionStreamResponse") == []


@pytest.mark.parametrize("name", RESPONSES)
def test_response_is_valid(name: str) -> None:
    reply = ask("responses", **{"model": "gpt-4o", "input": "Say hello, please.", **RESPONSES[name]})
    assert problems_of(read(reply), "Response") == []


@pytest.mark.parametrize("name", RESPONSES)
def test_response_events_are_valid(name: str) -> None:
    reply = ask(
        "responses", **{"model": "gpt-4o", "input": "Say hello, please.", **RESPONSES[name]}, stream=True
    )
    for number, event in enumerate(chunks_of(reply)):
        assert event["sequence_number"] == number
        assert problems_of(event, "ResponseStreamEvent") == []


@pytest.mark.parametrize(
    ("endpoint", "schema", "request_fields"),
    [
        ("completions", "CreateCompletionResponse", {"model": "m", "prompt": "Hello"}),
        (
            "completions",
            "CreateCompletionResponse",
            {"model": "m", "prompt": ["a", "b"], "n": 2, "logprobs": 2},
        ),
        (
            "completions",
            "CreateCompletionResponse",
            {"model": "m", "prompt": [1, 2], "echo": True, "max_tokens": 0},
        ),
        ("embeddings", "CreateEmbeddingResponse", {"model": "text-embedding-3-small", "input": ["a", "b"]}),
        ("models", "ListModelsResponse", {}),
        ("models.retrieve", "Model", {"model": "gpt-4o"}),
        ("moderations", "CreateModerationResponse", {"input": ["fine", "I will kill you"]}),
        ("moderations", "CreateModerationResponse", {"input": [{"type": "text", "text": "fine"}]}),
    ],
)
def test_other_answers_are_valid(endpoint: str, schema: str, request_fields: dict[str, Any]) -> None:
    assert problems_of(read(ask(endpoint, **request_fields)), schema) == []

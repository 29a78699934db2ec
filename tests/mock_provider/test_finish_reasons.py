"""Why an answer ends, and which models answer where, as the real provider has it."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, ask_chat, calls_of, chunks_of, function_tool, read

from mock_provider.replies import RequestRefusedError

WEATHER = function_tool("get_weather", location={"type": "string"})
NAMED = {"type": "function", "function": {"name": "get_weather"}}
ASKED = "What is the weather in Rome today?"


@pytest.mark.parametrize(
    ("choice", "reason"), [(NAMED, "stop"), ("required", "tool_calls"), ("auto", "tool_calls")]
)
def test_only_a_call_that_was_named_is_no_reason_to_finish(choice: Any, reason: str) -> None:
    reply = ask_chat(ASKED, tools=[WEATHER], tool_choice=choice, stream=True)
    assert calls_of(reply) == [("get_weather", {"location": "Rome"})]
    assert read(reply)["choices"][0]["finish_reason"] == reason
    assert chunks_of(reply)[-1]["choices"][0]["finish_reason"] == reason


@pytest.mark.parametrize(("choice", "reason"), [({"name": "get_weather"}, "stop"), ("auto", "function_call")])
def test_the_same_of_functions(choice: Any, reason: str) -> None:
    reply = ask_chat(ASKED, functions=[WEATHER["function"]], function_call=choice, stream=True)
    assert read(reply)["choices"][0]["message"]["function_call"]["name"] == "get_weather"
    assert read(reply)["choices"][0]["finish_reason"] == reason
    assert chunks_of(reply)[-1]["choices"][0]["finish_reason"] == reason


def test_zero_in_both_limits_is_no_limit() -> None:
    reply = ask_chat("Hello", max_tokens=0, max_completion_tokens=0)
    assert read(reply)["choices"][0]["finish_reason"] == "stop"


def test_text_completion_of_no_tokens_echoes() -> None:
    reply = ask("completions", model="davinci-002", prompt="Hello", max_tokens=0, echo=True, logprobs=1)
    assert read(reply)["choices"][0]["text"] == "Hello"


@pytest.mark.parametrize(
    "model", ["gpt-3.5-turbo", "gpt-3.5-turbo-16k", "gpt-4o-mini", "o3", "gpt-5", "ft:gpt-4o:a"]
)
def test_chat_models_complete_no_text(model: str) -> None:
    with pytest.raises(RequestRefusedError, match="This is a chat model") as caught:
        ask("completions", model=model, prompt="Hello")
    assert (caught.value.status, caught.value.param, caught.value.code) == (404, "model", None)


@pytest.mark.parametrize("model", ["gpt-3.5-turbo-instruct", "davinci-002", "babbage-002", "my-model", "o3x"])
def test_others_do(model: str) -> None:
    assert read(ask("completions", model=model, prompt="Hello"))["choices"][0]["text"]


def test_models_for_text_do_not_chat() -> None:
    with pytest.raises(RequestRefusedError, match="This is not a chat model") as caught:
        ask("chat.completions", model="gpt-3.5-turbo-instruct", messages=[{"role": "user", "content": "Hi"}])
    assert caught.value.status == 404


def test_a_strict_tool_is_called_for_each_place() -> None:
    unit = {"type": ["string", "null"], "enum": ["c", "f", None]}
    tool = function_tool("get_weather", city={"type": "string"}, unit=unit)
    calls = calls_of(ask_chat("What's the weather in Paris and Rome?", tools=[tool]))
    assert [arguments["city"] for _, arguments in calls] == ["Paris", "Rome"]
    route = function_tool("get_route", origin={"type": "string"}, destination={"type": "string"})
    assert len(calls_of(ask_chat("The route from Paris to Rome and Oslo", tools=[route]))) == 1

"""The openai package's own helpers against the provider over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel


class Person(BaseModel):
    name: str
    age: int


SAID = "Extract: Jason is 25 years old"
JASON = Person(name="Jason", age=25)
MESSAGES: Any = [{"role": "user", "content": SAID}]


@pytest.fixture(scope="module")
def client(provider_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=provider_url, api_key="key", max_retries=0) as client:
        yield client


def test_chat_parse(client: openai.OpenAI) -> None:
    answer = client.chat.completions.parse(model="gpt-4o", messages=MESSAGES, response_format=Person)
    assert answer.choices[0].message.parsed == JASON


def test_chat_parse_of_a_cut_answer_says_so(client: openai.OpenAI) -> None:
    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(model="gpt-4o", messages=MESSAGES, response_format=Person, max_tokens=2)


def test_chat_parse_tool_arguments(client: openai.OpenAI) -> None:
    tools = [openai.pydantic_function_tool(Person)]
    answer = client.chat.completions.parse(model="gpt-4o", messages=MESSAGES, tools=tools)
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].function.parsed_arguments == JASON


def test_chat_stream(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model="gpt-4o", messages=MESSAGES, response_format=Person, stream_options={"include_usage": True}
    ) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert kinds == {"chunk", "content.delta", "content.done"}
    assert final.choices[0].message.parsed == JASON
    assert final.usage is not None


def test_chat_stream_of_tool_calls(client: openai.OpenAI) -> None:
    tools = [openai.pydantic_function_tool(Person)]
    with client.chat.completions.stream(model="gpt-4o", messages=MESSAGES, tools=tools, n=2) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.done" in kinds
    for choice in final.choices:
        assert choice.message.tool_calls is not None
        assert choice.message.tool_calls[0].function.parsed_arguments == JASON


def test_chat_stream_with_logprobs(client: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "Hello"}]
    with client.chat.completions.stream(
        model="gpt-4o", messages=messages, logprobs=True, top_logprobs=2
    ) as stream:
        kinds = {event.type for event in stream}
    assert {"logprobs.content.delta", "logprobs.content.done"} <= kinds


def test_responses_parse(client: openai.OpenAI) -> None:
    assert client.responses.parse(model="gpt-4o", input=SAID, text_format=Person).output_parsed == JASON


def test_responses_stream(client: openai.OpenAI) -> None:
    with client.responses.stream(model="gpt-4o", input=SAID, text_format=Person) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert final.output_parsed == JASON


def test_responses_stream_of_tool_calls(client: openai.OpenAI) -> None:
    tools: Any = [openai.pydantic_function_tool(Person)]
    with client.responses.stream(model="gpt-4o", input=SAID, tools=tools) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_response()
    assert "response.function_call_arguments.done" in kinds
    assert final.output[0].parsed_arguments == JASON  # type: ignore[union-attr]


def test_text_completions(client: openai.OpenAI) -> None:
    plain = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hello")
    streamed = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hello", stream=True)
    assert "".join(chunk.choices[0].text for chunk in streamed) == plain.choices[0].text


def test_embeddings_in_the_clients_own_encoding(client: openai.OpenAI) -> None:
    packed = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    written = client.embeddings.create(
        model="text-embedding-3-small", input=["a", "b"], encoding_format="float"
    )
    for one, other in zip(packed.data, written.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-6)


def test_models_and_moderations(client: openai.OpenAI) -> None:
    assert "gpt-4o" in {model.id for model in client.models.list()}
    assert client.models.retrieve("gpt-4o").id == "gpt-4o"
    assert not client.moderations.create(input="A kind word").results[0].flagged


def test_refusals_are_the_clients_own_errors(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=[])
    assert (caught.value.param, caught.value.code) == ("messages", "empty_array")

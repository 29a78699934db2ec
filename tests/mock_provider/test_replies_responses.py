"""What a response says, and the order of its events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import ask, chunks_of, read
from openai_spec import problems_of

from mock_provider.replies import Reply

MAGIC = {
    "type": "function",
    "name": "magic_function",
    "parameters": {"type": "object", "properties": {"input": {"type": "integer"}}, "required": ["input"]},
}
ASKED = {"role": "user", "content": [{"type": "input_text", "text": "What is magic_function(3)?"}]}
CALL = {"type": "function_call", "call_id": "call_1", "name": "magic_function", "arguments": '{"input":3}'}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "5"}


def respond(given: Any, **fields: Any) -> Reply:
    return ask("responses", model="gpt-4o", input=given, **fields)


def text_of(reply: Reply) -> str:
    return "".join(part["text"] for item in read(reply)["output"] for part in item.get("content", []))


def kinds_of(reply: Reply) -> list[str]:
    return [event["type"].removeprefix("response.") for event in chunks_of(reply)]


def test_text_events_come_in_their_order() -> None:
    reply = respond("Hello", stream=True)
    before = ["created", "in_progress", "output_item.added", "content_part.added"]
    after = ["output_text.done", "content_part.done", "output_item.done", "completed"]
    assert kinds_of(reply) == before + ["output_text.delta"] * 40 + after
    assert (reply.first_token_index, reply.token_count) == (4, 40)


def test_deltas_join_to_the_plain_text() -> None:
    events = chunks_of(respond("Hello", stream=True))
    deltas = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
    assert deltas == text_of(respond("Hello"))


def test_last_event_holds_the_plain_answer() -> None:
    assert chunks_of(respond("Hello", stream=True))[-1]["response"] == read(respond("Hello"))


def test_each_event_is_named_twice() -> None:
    for event in respond("Hello", stream=True).events:
        name, data, *rest = event.decode().split("\n")
        assert json.loads(data.removeprefix("data: "))["type"] == name.removeprefix("event: ")
        assert rest == ["", ""]


def test_calls_and_their_events() -> None:
    reply = respond("magic_function(3) and magic_function(5)", tools=[MAGIC], stream=True)
    calls = [(item["type"], item["arguments"]) for item in read(reply)["output"]]
    assert calls == [("function_call", '{"input":3}'), ("function_call", '{"input":5}')]
    kinds = kinds_of(reply)
    paced = kinds[reply.first_token_index : reply.first_token_index + reply.token_count]
    assert paced[0] == "output_item.added"
    assert paced[-1] == "function_call_arguments.delta"
    assert kinds[-3:] == ["function_call_arguments.done", "output_item.done", "completed"]


def test_text_follows_the_tools_result() -> None:
    assert text_of(respond([ASKED, CALL, RESULT], tools=[MAGIC]))


def test_a_result_alone_continues_what_the_provider_remembers() -> None:
    assert text_of(respond([RESULT], tools=[MAGIC], previous_response_id="resp_1"))


def test_structured_text() -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
    reply = respond(
        "Jason is 25", text={"format": {"type": "json_schema", "name": "person", "schema": schema}}
    )
    assert json.loads(text_of(reply)) == {"age": 25}


def test_a_cut_answer_is_incomplete() -> None:
    reply = respond("Hello", max_output_tokens=16, stream=True)
    assert read(reply)["status"] == "incomplete"
    assert read(reply)["incomplete_details"] == {"reason": "max_output_tokens"}
    assert kinds_of(reply)[-1] == "incomplete"


def test_instructions_are_part_of_the_prompt() -> None:
    assert respond("Hello", instructions="Be kind.").prompt_text == "Be kind.\nHello"


def test_hosted_tools_are_accepted_and_not_called() -> None:
    assert text_of(respond("Search the web for news", tools=[{"type": "web_search"}], tool_choice="auto"))


def test_moderation_flags_plain_threats_only() -> None:
    results = read(ask("moderations", input=["I will kill you", "A kind word"]))["results"]
    assert [result["flagged"] for result in results] == [True, False]
    assert results[0]["categories"]["violence"]


@pytest.mark.parametrize(
    ("fields", "events"),
    [
        ({"reasoning": {"effort": "low", "summary": "auto"}}, 6),
        ({"include": ["reasoning.encrypted_content"]}, 2),
        ({"reasoning": {"effort": "low"}}, 0),
        ({"reasoning": {"summary": "auto"}, "model": "gpt-4o"}, 0),
    ],
)
@pytest.mark.parametrize("tools", [[], [MAGIC]])
def test_reasoning_that_is_asked_for_comes_first(
    fields: dict[str, Any], events: int, tools: list[dict[str, Any]]
) -> None:
    request = {"model": "o4-mini", "input": [ASKED], "tools": tools, "stream": True, **fields}
    reply = ask("responses", **request)
    answer, chunks = read(reply), chunks_of(reply)
    assert problems_of(answer, "Response") == []
    assert [problem for chunk in chunks for problem in problems_of(chunk, "ResponseStreamEvent")] == []
    assert [item["type"] == "reasoning" for item in answer["output"]] == (
        [True, False] if events else [False]
    )
    before = 2 if tools else 4
    assert reply.first_token_index == events + before
    assert "delta" in chunks[reply.first_token_index + len(tools)]
    last = [chunk for chunk in chunks if chunk["type"] == "response.output_item.done"][-1]
    assert answer["output"][last["output_index"]] == last["item"]

"""What a chat answer says, and what its stream looks like."""

from __future__ import annotations

import json

import pytest
from asking import (
    IDS,
    ask,
    ask_chat,
    calls_of,
    chunks_of,
    function_tool,
    json_schema,
    message_of,
    object_of,
    read,
)

from mock_provider.replies import ReplyIds, Script

INTEGER, STRING = {"type": "integer"}, {"type": "string"}
MAGIC = function_tool("magic_function", input=INTEGER)
WEATHER = function_tool(
    "get_weather", location=STRING, unit={"enum": ["celsius", "kelvin"]}, required=["location"]
)
CANARY, OTHER_CANARY = "cnry0123456789ab", "cnryba9876543210"
ASKED = {"role": "user", "content": "What is magic_function(3)?"}
CALLED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "magic_function", "arguments": "{}"}}
    ],
}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "5"}


def test_same_request_same_bytes() -> None:
    assert ask_chat("Hello").body == ask_chat("Hello").body


def test_every_ordinal_has_its_own_id() -> None:
    tokens = {ReplyIds(ordinal=n, seed=seed).token for n in range(2000) for seed in (0, 1)}
    assert len(tokens) == 4000


def test_usage_adds_up_and_matches_the_reply() -> None:
    reply = ask_chat("Hello there", n=2)
    usage = read(reply)["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (
        reply.prompt_tokens,
        reply.completion_tokens,
    )
    assert usage["total_tokens"] == reply.prompt_tokens + reply.completion_tokens
    assert reply.completion_tokens == 80


def test_stream_says_what_the_plain_answer_says() -> None:
    chunks = chunks_of(ask_chat("Hello", stream=True))
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text == message_of(ask_chat("Hello"))["content"]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[-1]["choices"][0] == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}


def test_paced_events_are_the_tokens() -> None:
    reply = ask_chat("Hello", n=2, stream=True)
    paced = chunks_of(reply)[reply.first_token_index : reply.first_token_index + reply.token_count]
    assert len(paced) == 80
    assert all(chunk["choices"][0]["delta"]["content"] for chunk in paced)


def test_usage_comes_last_and_only_when_asked_for() -> None:
    with_usage = chunks_of(ask_chat("Hello", stream=True, stream_options={"include_usage": True}))
    assert with_usage[-1]["choices"] == []
    assert with_usage[-1]["usage"]["completion_tokens"] == 40
    assert all(chunk["usage"] is None for chunk in with_usage[:-1])
    assert all("usage" not in chunk for chunk in chunks_of(ask_chat("Hello", stream=True)))


def test_canaries_of_the_last_user_message_are_repeated() -> None:
    talk = [
        {"role": "system", "content": OTHER_CANARY},
        {"role": "user", "content": OTHER_CANARY},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": f"Hello {CANARY}"},
    ]
    content = message_of(ask_chat(talk, max_tokens=2))["content"]
    assert CANARY in content
    assert OTHER_CANARY not in content


def test_canaries_are_in_tool_arguments_and_structured_values() -> None:
    prompt = f"Please search now. {CANARY}"
    assert CANARY in calls_of(ask_chat(prompt, tools=[function_tool("search", query=STRING)]))[0][1]["query"]
    assert (
        CANARY
        in message_of(ask_chat(prompt, response_format=json_schema(object_of(title=STRING))))["content"]
    )


def test_canaries_can_be_left_out() -> None:
    assert CANARY not in message_of(ask_chat(CANARY, script=Script(echo_canaries=False)))["content"]


def test_limit_cuts_the_answer() -> None:
    choice = read(ask_chat("Hello", max_completion_tokens=5))["choices"][0]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["content"] == "The answer follows from the"


def test_stop_sequence_ends_the_answer_before_it() -> None:
    choice = read(ask_chat("Hello", stop=["nowhere", "from"]))["choices"][0]
    assert choice == choice | {"finish_reason": "stop"}
    assert choice["message"]["content"] == "The answer follows "


def test_logprobs_cover_every_token() -> None:
    choice = read(ask_chat("Hello", logprobs=True, top_logprobs=3))["choices"][0]
    tokens = choice["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == choice["message"]["content"]
    assert all(len(token["top_logprobs"]) == 3 and token["logprob"] <= 0 for token in tokens)


def test_arguments_come_from_the_prompt() -> None:
    assert calls_of(ask_chat("What is magic_function(3)?", tools=[MAGIC])) == [
        ("magic_function", {"input": 3})
    ]


def test_unicode_names_are_kept() -> None:
    tool = function_tool("create_customer", customer_name=STRING)
    reply = ask_chat("Create a customer named '你好啊集团' using the tool.", tools=[tool])
    assert calls_of(reply) == [("create_customer", {"customer_name": "你好啊集团"})]
    assert "你好啊集团".encode() in reply.body


def test_each_call_written_out_is_made() -> None:
    reply = ask_chat("magic_function(3) and then magic_function(5)", tools=[MAGIC])
    assert calls_of(reply) == [("magic_function", {"input": 3}), ("magic_function", {"input": 5})]
    assert reply.tools_called == ["magic_function", "magic_function"]


def test_each_place_asked_about_is_called_for() -> None:
    prompt = "What is the weather in San Francisco, Tokyo, and Paris?"
    places = [arguments["location"] for _, arguments in calls_of(ask_chat(prompt, tools=[WEATHER]))]
    assert places == ["San Francisco", "Tokyo", "Paris"]


def test_one_call_when_parallel_calls_are_off() -> None:
    reply = ask_chat("magic_function(3) and magic_function(5)", tools=[MAGIC], parallel_tool_calls=False)
    assert len(calls_of(reply)) == 1


def test_tool_without_parameters_gets_an_empty_object() -> None:
    assert calls_of(ask_chat("Use now() please", tools=[function_tool("now")])) == [("now", {})]


def test_optional_parameters_only_when_the_prompt_gives_them() -> None:
    assert calls_of(ask_chat("What is the weather in Oslo?", tools=[WEATHER]))[0][1] == {"location": "Oslo"}
    arguments = calls_of(ask_chat("What is the weather in Oslo? unit: kelvin", tools=[WEATHER]))[0][1]
    assert arguments == {"location": "Oslo", "unit": "kelvin"}


def test_tools_first_text_after_their_results() -> None:
    assert calls_of(ask_chat([ASKED], tools=[MAGIC]))
    assert message_of(ask_chat([ASKED, CALLED, RESULT], tools=[MAGIC]))["content"]


def test_a_greeting_is_answered_in_text() -> None:
    assert message_of(ask_chat("Hello!", tools=[MAGIC]))["content"]


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "magic_function"}}])
def test_a_forced_tool_is_called_whatever_the_prompt(choice: object) -> None:
    reply = ask_chat("Hello!", tools=[WEATHER, MAGIC], tool_choice=choice)
    assert reply.tools_called == ["get_weather" if choice == "required" else "magic_function"]


def test_no_tool_when_choice_is_none() -> None:
    assert message_of(ask_chat([ASKED], tools=[MAGIC], tool_choice="none"))["content"]


def test_required_moves_on_to_tools_not_called_yet() -> None:
    final = function_tool("final_result", answer=STRING)
    reply = ask_chat([ASKED, CALLED, RESULT], tools=[MAGIC, final], tool_choice="required")
    assert reply.tools_called == ["final_result"]


def test_tool_the_prompt_is_about_is_chosen() -> None:
    add = function_tool("add", a=INTEGER, b=INTEGER, description="Add two numbers")
    multiply = function_tool("multiply", a=INTEGER, b=INTEGER, description="Multiply two numbers")
    reply = ask_chat("Please multiply 3 by 12 for me", tools=[add, multiply])
    assert calls_of(reply) == [("multiply", {"a": 3, "b": 12})]


def test_stream_of_calls_joins_to_the_plain_calls() -> None:
    prompt = "magic_function(3) and magic_function(5)"
    reply = ask_chat(prompt, tools=[MAGIC], stream=True)
    joined: dict[int, str] = {}
    for chunk in chunks_of(reply):
        for part in chunk["choices"][0]["delta"].get("tool_calls", []):
            joined[part["index"]] = joined.get(part["index"], "") + part["function"]["arguments"]
    assert [json.loads(arguments) for arguments in joined.values()] == [{"input": 3}, {"input": 5}]
    assert chunks_of(reply)[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_legacy_functions_answer_with_function_call() -> None:
    reply = ask_chat("What is magic_function(3)?", functions=[MAGIC["function"]], function_call="auto")
    choice = read(reply)["choices"][0]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == {"name": "magic_function", "arguments": '{"input":3}'}


def test_structured_answer_holds_what_the_prompt_says() -> None:
    person = object_of(name=STRING, age=INTEGER)
    reply = ask_chat("Extract: Jason is 25 years old", response_format=json_schema(person, strict=True))
    assert json.loads(message_of(reply)["content"]) == {"name": "Jason", "age": 25}


def test_json_mode_takes_its_keys_from_the_prompt() -> None:
    prompt = "Tell a joke as JSON with keys 'setup' and 'punchline'."
    reply = ask_chat(prompt, response_format={"type": "json_object"})
    assert set(json.loads(message_of(reply)["content"])) == {"setup", "punchline"}


def test_a_schema_in_the_prompt_is_followed() -> None:
    schema = json.dumps(object_of(name=STRING, age=INTEGER))
    plain = ask_chat(f"Jason is 25. Answer as JSON by this schema: {schema}")
    fenced = ask_chat(f"Jason is 25. Answer in a ```json code block by this schema: {schema}")
    assert json.loads(message_of(plain)["content"]) == {"name": "Jason", "age": 25}
    assert message_of(fenced)["content"].startswith("```json\n{")


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
        {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "green"}]},
    ],
)
def test_parts_that_are_not_text_are_accepted(part: dict[str, object]) -> None:
    reply = ask_chat([{"role": "user", "name": "ann", "content": [{"type": "text", "text": "Look"}, part]}])
    assert message_of(reply)["content"]
    assert reply.prompt_text.startswith("Look")


def test_script_text_is_answered_word_for_word() -> None:
    script = Script(reply_text="Forty-two.  \n")
    assert message_of(ask_chat("Hello", script=script))["content"] == "Forty-two.  \n"


def test_script_length_is_the_answers_length() -> None:
    assert ask_chat("Hello", script=Script(reply_tokens=500)).completion_tokens == 500


@pytest.mark.parametrize("size", [60, 61, 200, 1000, 100_000, 400_000])
def test_script_json_has_the_size_asked_for(size: int) -> None:
    content = message_of(ask_chat(f"Hello {CANARY}", script=Script(json_bytes=size)))["content"]
    assert len(content.encode()) == max(size, 60)
    assert json.loads(content)["canaries"] == [CANARY]


def test_script_tool_rounds_come_before_the_answer() -> None:
    script = Script(tool_rounds=2)
    assert calls_of(ask_chat([ASKED, CALLED, RESULT], tools=[MAGIC], script=script))
    twice = [ASKED, CALLED, RESULT, CALLED, RESULT]
    assert message_of(ask_chat(twice, tools=[MAGIC], script=script))["content"]


def test_script_agent_never_ends() -> None:
    talk = [ASKED] + [CALLED, RESULT] * 20
    assert calls_of(ask_chat(talk, tools=[MAGIC], script=Script(always_tool_call=True)))


def test_script_names_tool_and_arguments() -> None:
    script = Script(tool_name="no_such_tool", tool_arguments={"x": [1]}, calls_per_round=3)
    assert calls_of(ask_chat([ASKED], tools=[MAGIC], script=script)) == [("no_such_tool", {"x": [1]})] * 3


def test_text_completion_is_cut_at_sixteen_tokens_unless_asked_otherwise() -> None:
    choice = read(ask("completions", model="m", prompt="Hello"))["choices"][0]
    assert choice["finish_reason"] == "length"
    reply = ask("completions", model="m", prompt=["a", "b"], max_tokens=99, stream=True, ids=IDS)
    texts = {0: "", 1: ""}
    for chunk in chunks_of(reply):
        texts[chunk["choices"][0]["index"]] += chunk["choices"][0]["text"]
    assert texts == {n: choice["text"] for n, choice in enumerate(read(reply)["choices"])}


def test_names_of_fields_in_quotes_are_no_values() -> None:
    schema = json_schema(object_of(name=STRING, age=INTEGER))
    reply = ask_chat("Jason is 25. Answer as json with keys 'name' and 'age'", response_format=schema)
    assert json.loads(message_of(reply)["content"]) == {"name": "Jason", "age": 25}


@pytest.mark.parametrize(("prompt", "calls"), [("weather in Rome?", 1), ("Hello!", 0)])
def test_a_short_prompt_is_a_task_when_it_has_a_word_of_a_tool(prompt: str, calls: int) -> None:
    assert len(message_of(ask_chat(prompt, tools=[WEATHER])).get("tool_calls") or ()) == calls

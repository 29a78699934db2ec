"""Responses that build on earlier ones, and what is said of them by their ids."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from asking import IDS, read
from openai_spec import problems_of

from mock_provider.replies import Memory, Reply, ReplyIds, RequestRefusedError, Script, build_reply
from mock_provider.replies.memory import Kept, is_ours

MAGIC = {
    "type": "function",
    "name": "magic_function",
    "parameters": {"type": "object", "properties": {"input": {"type": "integer"}}, "required": ["input"]},
}


class Talk:
    """Requests in a row to one provider."""

    def __init__(self, script: Script | None = None) -> None:
        self.memory = Memory()
        self.script = script or Script()
        self.ordinal = 0

    def ask(self, endpoint: str, **request: Any) -> Reply:
        self.ordinal += 1
        ids = ReplyIds(ordinal=self.ordinal, seed=1, created=1_700_000_000)
        return build_reply(endpoint, request, self.script, ids, self.memory)

    def respond(self, given: Any, **fields: Any) -> dict[str, Any]:
        answer = read(self.ask("responses", model="gpt-4o", input=given, **fields))
        assert problems_of(answer, "Response") == []
        return dict(answer)

    def refusal(self, endpoint: str, **request: Any) -> RequestRefusedError:
        with pytest.raises(RequestRefusedError) as caught:
            self.ask(endpoint, **request)
        return caught.value


def result_of(call: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call["call_id"], "output": "5"}


def test_an_unknown_previous_response_is_refused() -> None:
    error = Talk().refusal("responses", model="gpt-4o", input="Hi", previous_response_id="resp_x")
    assert (error.status, error.param, error.code) == (
        400,
        "previous_response_id",
        "previous_response_not_found",
    )
    assert error.message == "Previous response with id 'resp_x' not found."


def test_what_was_said_before_counts() -> None:
    talk = Talk()
    first = talk.respond("My name is Anna", instructions="Be kind and patient")
    second = talk.ask("responses", model="gpt-4o", input="And now?", previous_response_id=first["id"])
    assert "My name is Anna" in second.prompt_text
    assert "Be kind" not in second.prompt_text
    assert second.prompt_tokens > first["usage"]["output_tokens"]


def test_rounds_of_tools_are_counted_over_responses() -> None:
    talk = Talk(Script(tool_rounds=2))
    answer = talk.respond("What is magic_function(3)?", tools=[MAGIC])
    kinds = []
    for _ in range(3):
        kinds.append(answer["output"][0]["type"])
        if kinds[-1] == "message":
            break
        results = [result_of(call) for call in answer["output"]]
        answer = talk.respond(results, tools=[MAGIC], previous_response_id=answer["id"])
    assert kinds == ["function_call", "function_call", "message"]


def test_calls_left_open_and_unknown_calls_are_refused() -> None:
    talk = Talk()
    first = talk.respond("What is magic_function(3)?", tools=[MAGIC])
    fields = {"model": "gpt-4o", "tools": [MAGIC], "previous_response_id": first["id"]}
    open_call = talk.refusal("responses", input="Well?", **fields)
    assert open_call.message.startswith("No tool output found for function call call_")
    stranger = {"call_id": "call_x"}
    unknown = talk.refusal("responses", input=[result_of(first["output"][0]), result_of(stranger)], **fields)
    assert "call_id call_x" in unknown.message


def test_what_was_not_stored_or_is_deleted_is_gone() -> None:
    talk = Talk()
    unstored = talk.respond("Hello", store=False)
    stored = talk.respond("Hello")
    talk.ask("responses.delete", id=stored["id"])
    for name in (unstored["id"], stored["id"]):
        assert talk.refusal("responses.retrieve", id=name).status == 404
        error = talk.refusal("responses", model="gpt-4o", input="Hi", previous_response_id=name)
        assert error.code == "previous_response_not_found"


def test_a_response_is_given_back_as_it_was() -> None:
    talk = Talk()
    made = talk.respond("Hello", metadata={"a": "b"})
    assert read(talk.ask("responses.retrieve", id=made["id"])) == made
    assert talk.ask("responses.retrieve", id=made["id"], stream=True).events
    items = read(talk.ask("responses.input_items", id=made["id"]))
    assert items["data"][0]["content"] == [{"type": "input_text", "text": "Hello"}]


def test_ids_that_may_be_right_are_taken() -> None:
    talk = Talk()
    forgotten = talk.respond("Hello")["id"]
    talk.memory.clear()
    assert talk.respond("And now?", previous_response_id=forgotten)
    assert read(talk.ask("responses.retrieve", id=forgotten))["id"] == forgotten
    real = f"resp_{'6' * 48}"
    for endpoint in ("responses.retrieve", "responses.delete", "responses.retrieve"):
        assert read(talk.ask(endpoint, id=real))["id"] == real
    assert talk.refusal("responses.retrieve", id="resp_x").status == 404


def test_ids_follow_from_seed_and_ordinal() -> None:
    assert is_ours(f"resp_{IDS.token}", "resp_", IDS.seed)
    assert not is_ours(f"resp_{IDS.token}", "resp_", IDS.seed + 1)
    assert not is_ours(IDS.token, "resp_", IDS.seed)
    assert not is_ours("resp_", "resp_", IDS.seed)


def test_the_memory_is_bounded_by_number_and_by_size() -> None:
    memory = Memory(most_objects=3, most_bytes=100)
    for number in range(5):
        memory.keep(str(number), Kept(byte_count=10))
    assert [memory.find(str(number)) is not None for number in range(5)] == [False, False, True, True, True]
    memory.keep("large", Kept(byte_count=90))
    assert memory.find("4") is not None
    assert memory.find("3") is None
    memory.keep("larger", Kept(byte_count=101))
    assert memory.find("larger") is None
    memory.keep("5", Kept(byte_count=100))
    assert memory.find("5") is not None


def test_a_conversation_remembers_what_was_said_in_it() -> None:
    talk = Talk()
    name = read(talk.ask("conversations", items=[{"role": "user", "content": "I am Anna"}]))["id"]
    answer = talk.ask("responses", model="gpt-4o", input="And now?", conversation=name)
    assert "I am Anna" in answer.prompt_text
    items = read(talk.ask("conversations.items.list", id=name, order="asc"))["data"]
    assert [item["role"] for item in items] == ["user", "user", "assistant"]
    assert read(talk.ask("conversations.items.retrieve", id=f"{name}/items/{items[0]['id']}")) == items[0]
    talk.ask("conversations.delete", id=name)
    assert talk.refusal("responses", model="gpt-4o", input="Hi", conversation=name).status == 404


def test_the_client_goes_on_from_a_streamed_response(provider_url: str) -> None:
    with openai.OpenAI(base_url=provider_url, api_key="key", max_retries=0) as client:
        with client.responses.stream(model="gpt-4o", input="I am Anna") as stream:
            first = stream.get_final_response()
        second = client.responses.create(model="gpt-4o", input="Well?", previous_response_id=first.id)
        assert second.previous_response_id == first.id
        assert second.usage is not None
        assert second.usage.input_tokens > 40
        assert client.responses.retrieve(first.id).output_text == first.output_text
        with client.responses.retrieve(first.id, stream=True) as events:
            assert [event.type for event in events][-1] == "response.completed"
        with pytest.raises(openai.BadRequestError, match="not found"):
            client.responses.create(model="gpt-4o", input="Well?", previous_response_id="resp_unknown")
        client.responses.delete(first.id)
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(first.id)

"""Which path means which endpoint, and what is said of objects made earlier."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from asking import ask, read
from openai_spec import problems_of

from mock_provider.replies import ENDPOINTS, STORED, RequestRefusedError
from mock_provider.routes import Route, find_route

ROUTES = [
    ("POST", "/v1/chat/completions", Route("POST", "chat.completions")),
    ("POST", "/openai/v1/responses", Route("POST", "responses")),
    ("POST", "/v1/completions?api-version=1", Route("POST", "completions")),
    ("POST", "/v1/embeddings", Route("POST", "embeddings")),
    ("POST", "/v1/moderations", Route("POST", "moderations")),
    ("GET", "/v1/models", Route("GET", "models")),
    ("GET", "/v1/models/org%2Fname", Route("GET", "models.retrieve", "org/name")),
    ("DELETE", "/v1/models/ft:x", Route("DELETE", "models.delete", "ft:x")),
    (
        "POST",
        "/openai/deployments/my%20gpt/chat/completions?api-version=2024-06-01",
        Route("POST", "chat.completions", "my gpt"),
    ),
    ("GET", "/v1/chat/completions?limit=2", Route("GET", "chat.completions.list")),
    ("GET", "/v1/chat/completions/c1", Route("GET", "chat.completions.retrieve", id="c1")),
    ("POST", "/v1/chat/completions/c1", Route("POST", "chat.completions.update", id="c1")),
    ("DELETE", "/v1/chat/completions/c1", Route("DELETE", "chat.completions.delete", id="c1")),
    ("GET", "/v1/chat/completions/c1/messages", Route("GET", "chat.completions.messages", id="c1")),
    ("GET", "/v1/responses/r1", Route("GET", "responses.retrieve", id="r1")),
    ("DELETE", "/v1/responses/r1", Route("DELETE", "responses.delete", id="r1")),
    ("POST", "/v1/responses/r1/cancel", Route("POST", "responses.cancel", id="r1")),
    ("GET", "/v1/responses/r1/input_items", Route("GET", "responses.input_items", id="r1")),
    ("POST", "/v1/responses/input_tokens", Route("POST", "responses.input_tokens")),
    ("POST", "/v1/responses/compact", Route("POST", "responses.compact")),
    ("POST", "/openai/responses?api-version=2025-03-01-preview", Route("POST", "responses")),
    ("POST", "/v1/conversations", Route("POST", "conversations")),
    ("GET", "/v1/conversations/v1", Route("GET", "conversations.retrieve", id="v1")),
    ("POST", "/v1/conversations/v1", Route("POST", "conversations.update", id="v1")),
    ("DELETE", "/v1/conversations/v1", Route("DELETE", "conversations.delete", id="v1")),
    ("POST", "/v1/conversations/v1/items", Route("POST", "conversations.items", id="v1")),
    (
        "GET",
        "/v1/conversations/v1/items?limit=2",
        Route("GET", "conversations.items.list", id="v1", query="limit=2"),
    ),
    ("GET", "/v1/conversations/v1/items/i1", Route("GET", "conversations.items.retrieve", id="v1/items/i1")),
    (
        "DELETE",
        "/v1/conversations/v1/items/i1",
        Route("DELETE", "conversations.items.delete", id="v1/items/i1"),
    ),
]


@pytest.mark.parametrize(("method", "target", "route"), ROUTES)
def test_route(method: str, target: str, route: Route) -> None:
    assert find_route(method, target.encode()) == route


def test_every_endpoint_has_a_route() -> None:
    assert {route.endpoint for _, _, route in ROUTES} == set(ENDPOINTS)


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("POST", "/v1/unknown", 404),
        ("GET", "/v2/models", 404),
        ("POST", "/openai/deployments/gpt/unknown", 404),
        ("GET", "/v1/embeddings", 405),
        ("PUT", "/v1/models/gpt-4o", 405),
        ("GET", "/openai/deployments/gpt/embeddings", 405),
    ],
)
def test_no_route(method: str, target: str, status: int) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        find_route(method, target.encode())
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("endpoint", "schema", "fields"),
    [
        ("chat.completions.list", "ChatCompletionList", {}),
        ("chat.completions.retrieve", "CreateChatCompletionResponse", {"id": "c1"}),
        ("chat.completions.update", "CreateChatCompletionResponse", {"id": "c1", "metadata": {"a": "b"}}),
        ("responses.retrieve", "Response", {"id": "r1"}),
        ("responses.cancel", "Response", {"id": "r1"}),
        ("models.delete", "DeleteModelResponse", {"model": "ft:x"}),
    ],
)
def test_stored_objects_are_valid(endpoint: str, schema: str, fields: dict[str, Any]) -> None:
    answer = read(ask(endpoint, **fields))
    assert problems_of(answer, schema) == []
    assert answer.get("id") in (None, "c1", "r1", "ft:x")


@pytest.mark.parametrize("endpoint", sorted(STORED))
def test_stored_objects_have_no_stream(endpoint: str) -> None:
    reply = ask(endpoint, id="x", model="gpt-4o", items=[])
    assert (reply.events, reply.token_count) == ([], 0)


def test_the_client_reaches_stored_objects(provider_url: str) -> None:
    with openai.OpenAI(base_url=provider_url, api_key="key", max_retries=0) as client:
        response = client.responses.create(model="gpt-4o", input="Hello", background=True)
        assert client.responses.retrieve(response.id).status == "completed"
        assert client.responses.cancel(response.id).id == response.id
        client.responses.delete(response.id)
        assert client.responses.input_tokens.count(model="gpt-4o", input="Hello there").input_tokens > 0
        assert list(client.chat.completions.list()) == []
        assert client.chat.completions.update("c1", metadata={"a": "b"}).id == "c1"
        assert client.chat.completions.delete("c1").deleted
        assert client.models.delete("ft:x").deleted


def test_the_client_holds_a_conversation(provider_url: str) -> None:
    with openai.OpenAI(base_url=provider_url, api_key="key", max_retries=0) as client:
        talk = client.conversations.create(metadata={"a": "b"})
        put = client.conversations.items.create(talk.id, items=[{"role": "user", "content": "Hello"}])
        assert [item.type for item in put.data] == ["message"]
        answer = client.responses.create(model="gpt-4o", input="Hello", conversation=talk.id)
        assert answer.conversation is not None
        assert answer.conversation.id == talk.id
        listed: list[Any] = list(client.conversations.items.list(talk.id, order="asc"))
        assert [(item.role, item.content[0].text) for item in listed] == [
            ("user", "Hello"),
            ("user", "Hello"),
            ("assistant", answer.output_text),
        ]
        latest: Any = client.conversations.items.list(talk.id, limit=1).data
        assert [item.role for item in latest] == ["assistant"]
        client.conversations.items.delete(listed[0].id, conversation_id=talk.id)
        assert len(list(client.conversations.items.list(talk.id))) == 2
        assert client.conversations.delete(talk.id).deleted


def test_azures_clients_name_the_model_in_the_path(provider_url: str) -> None:
    endpoint = provider_url.removesuffix("/v1")
    with openai.AzureOpenAI(
        azure_endpoint=endpoint, api_key="key", api_version="2025-03-01-preview"
    ) as client:
        chat = client.chat.completions.create(model="mine", messages=[{"role": "user", "content": "Hello"}])
        assert chat.model == "mine"
        assert client.responses.create(model="mine", input="Hello").output_text
        unnamed: Any = {"messages": [{"role": "user", "content": "Hello"}], "model": None}
        path = "/deployments/mine/chat/completions"
        assert client.post(path, cast_to=dict[str, Any], body=unnamed)["model"] == "mine"

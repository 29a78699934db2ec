"""LangChain's own standard tests of chat models and embeddings, with the mock provider in OpenAI's place.

Pictures, PDFs and sound, which these tests fetch from the web, are replaced: the tests run without a network.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("langchain_tests")

import pytest_asyncio
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_tests.integration_tests import ChatModelIntegrationTests, EmbeddingsIntegrationTests
from langchain_tests.integration_tests import chat_models as standard
from openai import DefaultAsyncHttpxClient

MODEL = "gpt-4o-mini"

pytestmark = [  # LangChain's tests set off LangChain's own warnings
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings"),
    pytest.mark.filterwarnings("ignore:Received a Pydantic BaseModel V1 schema"),
    pytest.mark.filterwarnings("ignore:OpenAI may require a filename"),
]

# An async HTTP client stays with the event loop it first met, so all tests share one of each.
for _suite in (ChatModelIntegrationTests, EmbeddingsIntegrationTests):
    for _, _test in inspect.getmembers(_suite, inspect.iscoroutinefunction):
        pytest.mark.asyncio(loop_scope="session")(_test)


@pytest.fixture(autouse=True)
def without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "chainload")
    monkeypatch.setattr(
        standard, "httpx", SimpleNamespace(get=lambda *_, **__: SimpleNamespace(content=b"bytes"))
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def connection(provider_url: str) -> AsyncIterator[dict[str, Any]]:
    """What leads a LangChain model to the provider, with an async client that is closed at the end."""
    async with DefaultAsyncHttpxClient() as client:
        yield {"base_url": provider_url, "api_key": "key", "http_async_client": client, "max_retries": 0}


class _Connected:
    connection: dict[str, Any]

    @pytest.fixture(autouse=True)
    def connect(self, connection: dict[str, Any]) -> None:
        type(self).connection = connection


class _OpenAIChat(_Connected, ChatModelIntegrationTests):
    """What OpenAI's models can do."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": MODEL, "stream_usage": True, **self.connection}

    @property
    def model_override_value(self) -> str:
        return "gpt-4o"

    supports_image_inputs = True
    supports_image_urls = True
    supports_image_tool_message = True
    supports_pdf_inputs = True
    supports_pdf_tool_message = True
    supports_anthropic_inputs = True
    supports_json_mode = True


class TestChatCompletions(_OpenAIChat):
    supports_audio_inputs = True


class TestResponses(_OpenAIChat):
    @property
    def chat_model_params(self) -> dict[str, Any]:
        return super().chat_model_params | {"use_responses_api": True}


class TestEmbeddings(_Connected, EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return OpenAIEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        # The length check needs a tokenizer file from the web.
        return {"model": "text-embedding-3-small", "check_embedding_ctx_length": False, **self.connection}

"""Streams an article and keeps its headline.  `broken` leaves the rest of the stream unread, and open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

CONNECTIONS = 30
HEADLINE_TOKENS = 6


class Newsroom:
    """Writes articles; the client allows a good number of connections."""

    def __init__(self) -> None:
        client = httpx.AsyncClient(limits=httpx.Limits(max_connections=CONNECTIONS))
        self._model = ChatOpenAI(model="gpt-4o-mini", http_async_client=client)
        self._streams: list[AsyncIterator[AIMessageChunk]] = []

    async def headline_leaving(self, topic: str) -> str:
        """Keeps the stream in case somebody wants the rest; nobody ever does."""
        stream = self._model.astream(f"An article about {topic}.")
        self._streams.append(stream)
        return await first_words(stream)

    async def headline(self, topic: str) -> str:
        async with aclosing(self._model.astream(f"An article about {topic}.")) as stream:  # type: ignore[type-var]
            return await first_words(stream)


async def first_words(stream: AsyncIterator[AIMessageChunk]) -> str:
    words: list[str] = []
    async for chunk in stream:
        words.append(str(chunk.content))
        if len(words) == HEADLINE_TOKENS:
            break
    return "".join(words)


def make_broken() -> Runnable[Any, Any]:
    return RunnableLambda(Newsroom().headline_leaving)


def make_fixed() -> Runnable[Any, Any]:
    return RunnableLambda(Newsroom().headline)


broken = make_broken
fixed = make_fixed

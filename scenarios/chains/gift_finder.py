"""Finds a gift in two steps.  `broken` keeps the request on the object that all requests share."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI


class SharedFinder:
    """While one request waits for the model, the next one overwrites what it wanted."""

    def __init__(self) -> None:
        self._model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
        self._wish = ""

    async def understand(self, wish: str) -> str:
        self._wish = wish
        taste = await self._model.ainvoke("In one word: what taste do people have who give lamps?")
        return str(taste.content)

    async def find(self, taste: str) -> str:
        gift = await self._model.ainvoke(f"A gift for this wish, taste {taste[:20]}: {self._wish}")
        return str(gift.content)

    def chain(self) -> Runnable[Any, Any]:
        return RunnableLambda(self.understand) | RunnableLambda(self.find)


class Finder:
    """What belongs to a request travels with it."""

    def __init__(self) -> None:
        self._model = ChatOpenAI(model="gpt-4o-mini", temperature=0)

    async def understand(self, wish: str) -> dict[str, str]:
        taste = await self._model.ainvoke("In one word: what taste do people have who give lamps?")
        return {"wish": wish, "taste": str(taste.content)[:20]}

    async def find(self, inputs: dict[str, str]) -> str:
        gift = await self._model.ainvoke(f"A gift for this wish, taste {inputs['taste']}: {inputs['wish']}")
        return str(gift.content)

    def chain(self) -> Runnable[Any, Any]:
        return RunnableLambda(self.understand) | RunnableLambda(self.find)


broken = SharedFinder().chain()
fixed = Finder().chain()

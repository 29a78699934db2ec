"""Answers, and has each question logged with a category.  `broken` calls the logger but does not await it."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI


class Desk:
    """Answers questions and keeps a log."""

    def __init__(self) -> None:
        self._model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
        self.log: dict[str, int] = {}

    async def note(self, question: str) -> None:
        category = await self._model.ainvoke(f"One word, the category of: {question}")
        key = str(category.content)
        self.log[key] = self.log.get(key, 0) + 1

    async def answer_unlogged(self, question: str) -> str:
        self.note(question)  # type: ignore[unused-coroutine]
        return str((await self._model.ainvoke(question)).content)

    async def answer(self, question: str) -> str:
        await self.note(question)
        return str((await self._model.ainvoke(question)).content)


def make_chain(step: Any) -> Runnable[Any, Any]:
    return RunnableLambda(step)


broken = make_chain(Desk().answer_unlogged)
fixed = make_chain(Desk().answer)

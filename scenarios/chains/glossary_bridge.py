"""A synchronous step that needs asynchronous code.  `broken` hands it to the loop, and waits in one of its threads."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

PROMPT = ChatPromptTemplate.from_template("Explain {term} in a sentence.")


class Glossary:
    """Explains terms; knows the loop that its client belongs to."""

    def __init__(self) -> None:
        self._chain = PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def begin(self, term: str) -> str:
        self._loop = asyncio.get_running_loop()
        return term.strip()

    def explain_from_thread(self, term: str) -> str:
        """The answer needs a thread to be completed in; when all wait here, there is none."""
        assert self._loop is not None
        answer = asyncio.run_coroutine_threadsafe(self._chain.ainvoke({"term": term}), self._loop)
        return answer.result()

    async def explain(self, term: str) -> str:
        return await self._chain.ainvoke({"term": term})


def make_broken() -> Runnable[Any, Any]:
    glossary = Glossary()
    return RunnableLambda(glossary.begin) | RunnableLambda(glossary.explain_from_thread)


def make_fixed() -> Runnable[Any, Any]:
    glossary = Glossary()
    return RunnableLambda(glossary.begin) | RunnableLambda(glossary.explain)


broken = make_broken
fixed = make_fixed

"""Loads its index with the first request.  Healthy: that one is slow, and no other."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

LOADING_S = 1.2
PROMPT = ChatPromptTemplate.from_template("Answer from this entry: {entry}\n\n{question}")


class LazyIndex:
    """Read from disk when it is first asked."""

    def __init__(self) -> None:
        self._entries: dict[str, str] = {}
        self._loading = asyncio.Lock()

    async def find(self, inputs: dict[str, str]) -> dict[str, str]:
        if not self._entries:
            async with self._loading:
                if not self._entries:
                    await asyncio.sleep(LOADING_S)
                    self._entries = {"lamp": "Lamps give light."}
        return {**inputs, "entry": self._entries["lamp"]}


def make_chain() -> Runnable[Any, Any]:
    answer = PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()
    return RunnableLambda(LazyIndex().find) | answer


chain = make_chain

"""A loop that refines a slogan until a critic is content.  The critic of this shop never is; only `fixed` gives up."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
write = (
    ChatPromptTemplate.from_template("A slogan for {lamp}, better than: {slogan}") | model | StrOutputParser()
)
judge = (
    ChatPromptTemplate.from_template("Is it perfect? Say PERFECT or why not: {slogan}")
    | model
    | StrOutputParser()
)


class Refiner:
    """Writer and critic in turns."""

    def __init__(self, most_rounds: int | None) -> None:
        self._most_rounds = most_rounds

    async def refine(self, inputs: dict[str, str]) -> str:
        slogan = inputs["lamp"]
        for _ in self._rounds():
            slogan = await write.ainvoke({"lamp": inputs["lamp"], "slogan": slogan})
            if await judge.ainvoke({"slogan": slogan}) == "PERFECT":
                break
        return slogan

    def _rounds(self) -> Iterable[int]:
        return itertools.count() if self._most_rounds is None else range(self._most_rounds)


def make_chain(most_rounds: int | None) -> Runnable[Any, Any]:
    return RunnableLambda(Refiner(most_rounds).refine)


broken = make_chain(most_rounds=None)
fixed = make_chain(most_rounds=2)

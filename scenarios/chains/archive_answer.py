"""Answers with many small objects in memory.  Healthy: the garbage collector pauses now and then, and that is all."""

from __future__ import annotations

import gc
import itertools
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

COLLECTS_EVERY = 60  # requests, as an allocation-heavy service does now and then by itself
PROMPT = ChatPromptTemplate.from_template("Which year was {lamp} built? Catalogue entry: {entry}")


class Catalogue:
    """Some hundred thousand entries, which a full collection has to walk through."""

    def __init__(self) -> None:
        self._entries = [{"number": number, "tags": [str(number)]} for number in range(150_000)]
        self._requests = itertools.count(1)

    async def find(self, inputs: dict[str, str]) -> dict[str, Any]:
        number = next(self._requests)
        if number % COLLECTS_EVERY == 0:
            gc.collect()
        return {**inputs, "entry": self._entries[number]["number"]}


def make_chain() -> Runnable[Any, Any]:
    answer = PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()
    return RunnableLambda(Catalogue().find) | answer


chain = make_chain

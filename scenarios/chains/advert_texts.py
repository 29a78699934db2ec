"""Writes adverts.  Someone once limited `broken` to three at a time, with a decorator, and forgot about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

Step = Callable[[dict[str, str]], Awaitable[str]]
PROMPT = ChatPromptTemplate.from_template("Write an advert of two sentences for the lamp {lamp}.")


def at_most(count: int) -> Callable[[Step], Step]:
    """Lets so many calls of a step run at the same time."""
    permits = asyncio.Semaphore(count)

    def decorate(step: Step) -> Step:
        @wraps(step)
        async def limited(inputs: dict[str, str]) -> str:
            async with permits:
                return await step(inputs)

        return limited

    return decorate


def make_chain(count: int) -> Runnable[Any, Any]:
    writer = PROMPT | ChatOpenAI(model="gpt-4o", temperature=0.8) | StrOutputParser()

    @at_most(count)
    async def write(inputs: dict[str, str]) -> str:
        return await writer.ainvoke(inputs)

    return RunnableLambda(write)


broken = make_chain(3)
fixed = make_chain(200)

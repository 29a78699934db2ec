"""Asks asynchronous code from a synchronous step.  `broken` makes a new event loop for every request."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

PROMPT = ChatPromptTemplate.from_template("Explain {term} to a customer of a lamp shop.")
explain = PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()


def explain_in_new_loop(inputs: dict[str, str]) -> str:
    """The client's connections belong to the loop that opened them, which is gone when the next request comes."""
    return asyncio.run(explain.ainvoke(inputs))


async def explain_in_this_loop(inputs: dict[str, str]) -> str:
    return await explain.ainvoke(inputs)


def make_chain(step: Any) -> Runnable[Any, Any]:
    return RunnableLambda(step)


broken = make_chain(explain_in_new_loop)
fixed = make_chain(explain_in_this_loop)

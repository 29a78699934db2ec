"""Answers for several tenants.  `broken` builds a client for each request, with TLS and connections of its own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import httpx
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_openai import ChatOpenAI

PROMPT = ChatPromptTemplate.from_messages([("system", "You answer for {tenant}."), ("human", "{question}")])
TIMEOUT = httpx.Timeout(30.0, connect=5.0)


def make_model(temperature: float) -> ChatOpenAI:
    """An httpx.Timeout cannot be a key of LangChain's cache of clients, so this makes new ones each time."""
    return ChatOpenAI(model="gpt-4o-mini", temperature=temperature, timeout=TIMEOUT)


@lru_cache
def find_model(temperature: float) -> ChatOpenAI:
    """One for each temperature, made once."""
    return make_model(temperature)


async def answer_anew(inputs: dict[str, str], config: RunnableConfig) -> str:
    chain = PROMPT | make_model(0.2) | StrOutputParser()
    return await chain.ainvoke(inputs, config)


async def answer(inputs: dict[str, str], config: RunnableConfig) -> str:
    chain = PROMPT | find_model(0.2) | StrOutputParser()
    return await chain.ainvoke(inputs, config)


def make_chain(step: Any) -> Runnable[Any, Any]:
    return RunnableLambda(step)


broken = make_chain(answer_anew)
fixed = make_chain(answer)

"""Translates product texts.  The HTTP client of `broken` was given four connections "to be nice to the provider"."""

from __future__ import annotations

from typing import Any

import httpx
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI

PROMPT = ChatPromptTemplate.from_messages(
    [("system", "Translate into {language}. Keep names of lamps."), ("human", "{text}")]
)


def make_chain(connections: int) -> Runnable[Any, Any]:
    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=connections))
    return PROMPT | ChatOpenAI(model="gpt-4o-mini", http_async_client=client) | StrOutputParser()


broken = make_chain(connections=4)
fixed = make_chain(connections=200)

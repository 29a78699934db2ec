"""Streams a story to whoever reads it.  Healthy: the tokens come slowly because the model writes slowly."""

from __future__ import annotations

from collections.abc import AsyncIterator

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableGenerator
from langchain_openai import ChatOpenAI


async def in_capitals(tokens: AsyncIterator[str]) -> AsyncIterator[str]:
    """Work on each token, of some microseconds."""
    async for token in tokens:
        yield token.upper()


chain = (
    ChatPromptTemplate.from_template("A bedtime story about the lamp {lamp}.")
    | ChatOpenAI(model="gpt-4o", temperature=0.9)
    | StrOutputParser()
    | RunnableGenerator(in_capitals)
)

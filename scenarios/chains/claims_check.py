"""Decides on a claim.  `broken` asks the model three times, and each question is retried by two layers at once."""

from __future__ import annotations

from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnablePassthrough
from langchain_openai import ChatOpenAI


def ask(template: str, *, layers: int) -> Runnable[Any, str]:
    """A question to the model; each layer tries three times."""
    model = ChatOpenAI(model="gpt-4o", temperature=0, max_retries=2)
    question = ChatPromptTemplate.from_template(template) | model | StrOutputParser()
    return (
        question.with_retry(stop_after_attempt=3, wait_exponential_jitter=False) if layers > 1 else question
    )


def make_broken() -> Runnable[Any, Any]:
    """Kind of damage, then who is liable, then the letter."""
    return (
        RunnablePassthrough.assign(damage=ask("Name the damage: {claim}", layers=2))
        | RunnablePassthrough.assign(liable=ask("Who is liable for {damage}? {claim}", layers=2))
        | ask("Write to the customer: {damage}, liable is {liable}.", layers=2)
    )


def make_fixed() -> Runnable[Any, Any]:
    """All of it in one answer, retried by the client alone."""
    return ask("Name the damage and who is liable, then write to the customer.\n\n{claim}", layers=1)


broken = make_broken()
fixed = make_fixed()

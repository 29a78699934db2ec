"""Has a question judged before it is answered.  `broken` calls the judge synchronously from a coroutine."""

from __future__ import annotations

from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

JUDGE_PROMPT = ChatPromptTemplate.from_template("May a lamp shop answer this? Say yes or no.\n\n{question}")
ANSWER_PROMPT = ChatPromptTemplate.from_template(
    "Answer in one sentence, as a lamp shop would.\n\n{question}"
)

judge = JUDGE_PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()
answer = ANSWER_PROMPT | ChatOpenAI(model="gpt-4o", temperature=0.3) | StrOutputParser()


def is_refusal(verdict: str) -> bool:
    return verdict.strip().lower().startswith("no")


async def refuse_or_pass_blocking(inputs: dict[str, str]) -> Runnable[Any, Any] | str:
    """Judge the question; while the judge thinks, no other request of this process moves."""
    verdict = judge.invoke(inputs)
    return "Let us talk about lamps instead." if is_refusal(verdict) else answer


async def refuse_or_pass(inputs: dict[str, str]) -> Runnable[Any, Any] | str:
    """Judge the question and let other requests go on meanwhile."""
    verdict = await judge.ainvoke(inputs)
    return "Let us talk about lamps instead." if is_refusal(verdict) else answer


broken = RunnableLambda(refuse_or_pass_blocking)
fixed = RunnableLambda(refuse_or_pass)

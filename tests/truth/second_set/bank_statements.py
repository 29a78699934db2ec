"""Sorts the lines of a bank statement.  The bank's gateway is slow, and never more than 64 calls are let out."""

import asyncio
import json

from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

GATE = asyncio.BoundedSemaphore(64)
COUNTS_LOCK = asyncio.Lock()
counts: dict[str, int] = {}

categorise = ChatPromptTemplate.from_messages(
    [("system", "Sort this payment: rent, food, travel, other."), ("human", "{line}")]
) | ChatOpenAI(model="gpt-4o-mini", temperature=0, timeout=30)


async def sort_line(payment: dict) -> dict:
    async with GATE:
        answer = await categorise.ainvoke({"line": json.dumps(payment)})
    category = answer.text.split()[0].strip(".,").lower()
    async with COUNTS_LOCK:
        counts[category] = counts.get(category, 0) + 1
    return {**payment, "category": category}


statements = RunnableLambda(sort_line)

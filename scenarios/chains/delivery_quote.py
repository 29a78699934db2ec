"""Quotes a delivery date.  The haulier's client blocks, so it has a pool of threads; that of `broken` is small."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

HAULIER_S = 0.3
PROMPT = ChatPromptTemplate.from_template(
    "Tell the customer in a sentence: {article} arrives in {days} days."
)


def ask_haulier(postcode: str) -> int:
    """Days until delivery."""
    time.sleep(HAULIER_S)
    return 2 + sum(map(ord, postcode)) % 5


def make_chain(threads: int) -> Runnable[Any, Any]:
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="haulier")

    async def add_days(inputs: dict[str, str]) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        return {**inputs, "days": await loop.run_in_executor(pool, ask_haulier, inputs["postcode"])}

    return RunnableLambda(add_days) | PROMPT | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser()


broken = make_chain(threads=3)
fixed = make_chain(threads=40)

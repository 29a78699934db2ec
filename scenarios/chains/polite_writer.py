"""Writes captions under a semaphore that is wide enough.  Healthy: whoever looks for a semaphore finds one, unused."""

from __future__ import annotations

import asyncio

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

PERMITS = asyncio.Semaphore(100)
model = ChatOpenAI(model="gpt-4o-mini", temperature=0.5)


async def write_caption(picture: str) -> str:
    async with PERMITS:
        return str((await model.ainvoke(f"A caption for {picture}.")).content)


chain: Runnable[str, str] = RunnableLambda(write_caption)

"""An agent written as a loop round the model.  `broken` gives up a slow tool, but not the thread it is in."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

MOST_ROUNDS = 5
PATIENCE_S = 0.3
QUICK_S, SLOW_S, SLOW_EVERY = 0.02, 2.0, 3
SYSTEM = SystemMessage("You know the stock of a lamp shop. Count before you answer.")
numbers = itertools.count(1)


def duration_s() -> float:
    """Of the next count: the warehouse is slow now and then."""
    return SLOW_S if next(numbers) % SLOW_EVERY == 0 else QUICK_S


def count_blocking(article: str) -> str:
    """Asks the warehouse with a client that blocks."""
    time.sleep(duration_s())
    return f"{article}: {len(article)} pieces"


async def count_in_thread(article: str) -> str:
    """The wait can be cancelled, the thread cannot: it goes on until the warehouse has answered."""
    return await asyncio.to_thread(count_blocking, article)


async def count(article: str) -> str:
    """Asks the warehouse with a client that can be cancelled."""
    await asyncio.sleep(duration_s())
    return f"{article}: {len(article)} pieces"


@tool
def count_stock(article: str) -> str:
    """How many pieces of an article are in stock."""
    raise NotImplementedError  # only its name and arguments are shown to the model


def make_agent(use: Callable[[str], Awaitable[str]]) -> Runnable[Any, Any]:
    model = ChatOpenAI(model="gpt-4o-mini", temperature=0).bind_tools([count_stock])

    async def observe(article: str) -> str:
        try:
            return await asyncio.wait_for(use(article), PATIENCE_S)
        except TimeoutError:
            return "the warehouse does not answer"

    async def run(question: str) -> str:
        messages: list[BaseMessage] = [SYSTEM, HumanMessage(question)]
        for _ in range(MOST_ROUNDS):
            reply = await model.ainvoke(messages)
            messages.append(reply)
            if not reply.tool_calls:
                break
            for call in reply.tool_calls:
                seen = await observe(str(call["args"].get("article")))
                messages.append(ToolMessage(seen, tool_call_id=call["id"]))
        return str(messages[-1].content)

    return RunnableLambda(run)


broken = make_agent(count_in_thread)
fixed = make_agent(count)

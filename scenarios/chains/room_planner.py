"""A conversation with memory.  `broken` guards all memories with one lock, across the model's answer."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_openai import ChatOpenAI

REMEMBERED = 6  # messages


class Planner:
    """Remembers the last messages of each customer."""

    def __init__(self) -> None:
        self._model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
        self._memories: dict[str, deque[BaseMessage]] = defaultdict(lambda: deque(maxlen=REMEMBERED))

    def lock_of(self, customer: str) -> asyncio.Lock:
        raise NotImplementedError

    async def reply(self, text: str, config: RunnableConfig) -> str:
        customer = config["configurable"]["customer"]
        async with self.lock_of(customer):
            memory = self._memories[customer]
            memory.append(HumanMessage(text))
            answer = await self._model.ainvoke(list(memory))
            memory.append(AIMessage(str(answer.content)))
        return str(answer.content)


class OneLockPlanner(Planner):
    """One customer after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = asyncio.Lock()

    def lock_of(self, customer: str) -> asyncio.Lock:
        return self._lock


class LockPerCustomerPlanner(Planner):
    """Only the messages of the same customer wait for each other."""

    def __init__(self) -> None:
        super().__init__()
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def lock_of(self, customer: str) -> asyncio.Lock:
        return self._locks[customer]


def make_chain(planner: Planner) -> Runnable[Any, Any]:
    return RunnableLambda(planner.reply)


broken = make_chain(OneLockPlanner())
fixed = make_chain(LockPerCustomerPlanner())

"""An agent that looks up orders in a warehouse over a message bus.  Now and then a reply is lost on the way."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from langchain.agents import create_agent
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool, tool
from langchain_openai import ChatOpenAI

SYSTEM = "You are the order desk of a lamp shop. Look an order up before you answer."
ANSWER_S = 0.05  # that the warehouse needs
LOSES_EVERY = 12


class WarehouseBus:
    """Sends a question and waits for the reply that carries the same number."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[str]] = {}

    async def ask(self, order_id: str) -> str:
        """The warehouse's reply, when it comes."""
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        reply = self._waiting[number] = loop.create_future()
        if number % LOSES_EVERY:
            loop.call_later(ANSWER_S, self._deliver, number, f"order {order_id} left the warehouse")
        text: str = await reply
        return text

    def _deliver(self, number: int, text: str) -> None:
        reply = self._waiting.pop(number)
        if not reply.done():
            reply.set_result(text)


def make_agent(look_up: BaseTool) -> Runnable[Any, Any]:
    return create_agent(ChatOpenAI(model="gpt-4o-mini", temperature=0), tools=[look_up], system_prompt=SYSTEM)


def make_broken() -> Runnable[Any, Any]:
    """Waits for a reply however long it takes."""
    bus = WarehouseBus()

    @tool
    async def order_status(order_id: str) -> str:
        """Where an order is."""
        return await bus.ask(order_id)

    return make_agent(order_status)


def make_fixed() -> Runnable[Any, Any]:
    """Gives up after a second, and says so."""
    bus = WarehouseBus()

    @tool
    async def order_status(order_id: str) -> str:
        """Where an order is."""
        try:
            async with asyncio.timeout(1.0):
                return await bus.ask(order_id)
        except TimeoutError:
            return "the warehouse does not answer; ask the customer to try again later"

    return make_agent(order_status)


broken = make_broken()
fixed = make_fixed()

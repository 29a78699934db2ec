"""Shop assistant that asks the warehouse bus for stock levels."""

import asyncio
import itertools
import json

from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


class Bus:
    """In-process message bus; answers arrive later, by correlation id."""

    def __init__(self, delay_s):
        self.delay_s = delay_s
        self.subscribers = []

    def subscribe(self, callback):
        self.subscribers.append(callback)

    def publish(self, topic, correlation_id, body):
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay_s, self._deliver, topic + ".reply", correlation_id, body)

    def _deliver(self, topic, correlation_id, body):
        for callback in self.subscribers:
            callback(topic, correlation_id, {"body": body, "units": 12})


class RequestReply:
    def __init__(self, bus):
        self.bus = bus
        self.pending = {}
        self.numbers = itertools.cycle(range(4))
        bus.subscribe(self.on_message)

    def on_message(self, topic, correlation_id, message):
        waiting = self.pending.pop(correlation_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    async def call(self, topic, body):
        reply = asyncio.get_running_loop().create_future()
        correlation_id = f"{topic}/{next(self.numbers)}"
        self.pending[correlation_id] = reply
        self.bus.publish(topic, correlation_id, body)
        return await reply


warehouse = RequestReply(Bus(delay_s=0.6))


@tool
async def stock_level(sku: str) -> str:
    """How many units of an article are in stock."""
    return json.dumps(await warehouse.call("stock", sku))


def build():
    return create_agent(
        ChatOpenAI(model="gpt-4o-mini"),
        tools=[stock_level],
        system_prompt="You help customers of a hardware shop.",
    )

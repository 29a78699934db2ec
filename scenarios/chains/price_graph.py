"""A graph that looks prices up before it answers.  The database driver of `broken` is synchronous."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol, TypedDict

from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph

QUERY_S = 0.15  # that the database needs


class PriceState(TypedDict, total=False):
    article: str
    price: str
    offer: str


class Driver(Protocol):
    async def price_of(self, article: str) -> str: ...


class WrappedDriver:
    """Puts an asynchronous face on a driver that blocks."""

    def _execute(self, statement: str) -> str:
        time.sleep(QUERY_S)
        return f"{20 + len(statement) % 80}.90"

    async def price_of(self, article: str) -> str:
        return self._execute(f"SELECT price FROM articles WHERE name = '{article}'")


class AsyncDriver:
    """Asynchronous to the socket."""

    async def price_of(self, article: str) -> str:
        await asyncio.sleep(QUERY_S)
        return f"{20 + len(article) % 80}.90"


def make_graph(driver: Driver) -> Any:
    model = ChatOpenAI(model="gpt-4o-mini", temperature=0)

    async def look_up(state: PriceState) -> PriceState:
        return {"price": await driver.price_of(state["article"])}

    async def write_offer(state: PriceState) -> PriceState:
        question = f"Offer the lamp {state['article']} for {state['price']} euros, in one sentence."
        answer = await model.ainvoke([HumanMessage(question)])
        return {"offer": str(answer.content)}

    graph = StateGraph(PriceState)
    graph.add_node("look_up", look_up)
    graph.add_node("write_offer", write_offer)
    graph.add_edge(START, "look_up")
    graph.add_edge("look_up", "write_offer")
    graph.add_edge("write_offer", END)
    return graph.compile()


broken = make_graph(WrappedDriver())
fixed = make_graph(AsyncDriver())

"""Lock keepers ask for the state of the canal; gauges are read over a few shared lines."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph


class NoSignal(Exception):
    pass


class Gauge:
    def __init__(self, number: int) -> None:
        self.number = number
        self.reads = 0

    async def read(self) -> float:
        self.reads += 1
        await asyncio.sleep(0.06)
        if self.reads % 9 == 0:
            raise NoSignal(self.number)
        return 1.4 + self.number / 100


class Lines:
    def __init__(self, count: int) -> None:
        self.idle = deque(Gauge(number) for number in range(count))
        self.returned = asyncio.Condition()

    @asynccontextmanager
    async def gauge(self) -> AsyncIterator[Gauge]:
        async with self.returned:
            await self.returned.wait_for(lambda: self.idle)
            gauge = self.idle.popleft()
        try:
            yield gauge
        finally:
            async with self.returned:
                self.idle.append(gauge)
                self.returned.notify()


class Watch(TypedDict, total=False):
    keeper: str
    level: float | None
    report: str


def canal(lines: int = 16):
    shared = Lines(lines)
    prompt = ChatPromptTemplate.from_template("Report to {keeper}: the water stands at {level}")
    reporter = prompt | ChatOpenAI(model="gpt-4o-mini")

    async def measure(state: Watch) -> Watch:
        try:
            async with shared.gauge() as gauge:
                return {"level": await gauge.read()}
        except NoSignal:
            return {"level": None}

    async def report(state: Watch) -> Watch:
        return {"report": (await reporter.ainvoke({"keeper": state["keeper"], "level": state["level"]})).text}

    graph = StateGraph(Watch)
    graph.add_node("measure", measure)
    graph.add_node("write", report)
    graph.add_edge(START, "measure")
    graph.add_edge("measure", "write")
    graph.add_edge("write", END)
    return graph.compile()

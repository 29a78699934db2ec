"""Lighthouse logs: visits are bounded by berths, and a page that several ask for is read once."""

import asyncio
from collections import OrderedDict
from contextlib import asynccontextmanager

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI


class Berths:
    def __init__(self, number: int) -> None:
        self.free = number
        self.change = asyncio.Condition()

    @asynccontextmanager
    async def one(self):
        async with self.change:
            await self.change.wait_for(lambda: self.free > 0)
            self.free -= 1
        try:
            yield
        finally:
            async with self.change:
                self.free += 1
                self.change.notify()


class Pages:
    def __init__(self, keep: int) -> None:
        self.keep = keep
        self.read: OrderedDict[str, str] = OrderedDict()
        self.reading: dict[str, asyncio.Task[str]] = {}

    async def _read(self, title: str) -> str:
        try:
            await asyncio.sleep(0.05)
            self.read[title] = f"Page on {title}: fog, wind from the west"
            while len(self.read) > self.keep:
                self.read.popitem(last=False)
            return self.read[title]
        finally:
            self.reading.pop(title, None)

    async def page(self, title: str) -> str:
        if title in self.read:
            self.read.move_to_end(title)
            return self.read[title]
        if title not in self.reading:
            self.reading[title] = asyncio.create_task(self._read(title))
        return await asyncio.shield(self.reading[title])


berths, pages = Berths(64), Pages(keep=50)
keeper = (
    ChatPromptTemplate.from_template("{page}\nQuestion: {question}")
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)


async def tour(visit: dict) -> str:
    async with berths.one():
        page = await pages.page(f"day {len(visit['question']) % 7}")
        return await keeper.ainvoke({"page": page, "question": visit["question"]})


logs = RunnableLambda(tour)

"""Delivery rounds: extraction, planning, explanation, translation."""

import asyncio
import functools
from collections import defaultdict

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o-mini", temperature=0)


def task(template):
    return ChatPromptTemplate.from_template(template) | model | StrOutputParser()


def one_at_a_time(key):
    """Calls that have the same value of the named argument follow one another."""
    locks = defaultdict(asyncio.Lock)

    def decorate(method):
        @functools.wraps(method)
        async def wrapper(*args, **kwargs):
            async with locks[kwargs.get(key)]:
                return await method(*args, **kwargs)

        return wrapper

    return decorate


class Planner:
    extract = task("Addresses in: {order}")
    plan = task("Shortest round for depot {depot} through: {stops}")
    explain = task("Explain this round to the driver: {round}")
    translate = task("In Polish: {text}")

    @one_at_a_time("depot")
    async def round_of(self, depot, stops):
        return await self.plan.ainvoke({"depot": depot, "stops": stops})

    async def __call__(self, inputs):
        stops = await self.extract.ainvoke({"order": inputs["order"]})
        round_ = await self.round_of(inputs["depot"], stops)
        text = await self.explain.ainvoke({"round": round_})
        return {"round": round_, "text": await self.translate.ainvoke({"text": text})}


chain = RunnableLambda(Planner().__call__)

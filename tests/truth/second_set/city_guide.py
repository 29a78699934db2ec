"""City guide: three short texts about a place, all calls through one gateway."""

import asyncio
import functools

from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

TOPICS = ("sights", "food")


class Gateway:
    def __init__(self, llm, width):
        self.llm = llm
        self.slots = asyncio.Semaphore(width)

    def guarded(self, method):
        @functools.wraps(method)
        async def call(*args, **kwargs):
            async with self.slots:
                return await method(*args, **kwargs)

        return call

    async def ask(self, prompt_value):
        return await self.guarded(self.llm.ainvoke)(prompt_value)


gateway = Gateway(ChatOpenAI(model="gpt-4o-mini"), width=64)
template = ChatPromptTemplate.from_template("Two sentences on the {topic} of {city}.")


async def guide(inputs: dict) -> dict:
    prompts = [template.invoke({"topic": t, "city": inputs["city"]}) for t in TOPICS]
    texts = await asyncio.gather(*(gateway.ask(p) for p in prompts))
    return {t: message.text for t, message in zip(TOPICS, texts)}


chain = RunnableLambda(guide).with_config(run_name="city_guide")

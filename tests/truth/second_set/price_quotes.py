"""Price quotes: the legacy price engine is synchronous, the rest is not."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import PromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI


class PriceEngine:
    ROUND_TRIP_S = 0.15

    def price(self, article):
        time.sleep(self.ROUND_TRIP_S)
        return {"article": article, "net": 12.5 + len(article), "currency": "EUR"}


class AsyncPriceEngine:
    def __init__(self, engine, workers):
        self.engine = engine
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="price")

    async def price(self, article):
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.pool, self.engine.price, article)


engine = AsyncPriceEngine(PriceEngine(), workers=64)


async def look_up(inputs):
    quote = await engine.price(inputs["article"])
    return f"{quote['net']:.2f} {quote['currency']}"


prompt = PromptTemplate.from_template("Write an offer for {article} at {price}.")
quotes = (
    RunnablePassthrough.assign(price=RunnableLambda(look_up))
    | prompt
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)

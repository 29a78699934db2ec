"""Bond desk: quotes are cached for a while; a housekeeper keeps the cache small."""

import asyncio
import gc
import time
from dataclasses import dataclass
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

FRESH_S = 1.5
QUOTE_S = 0.05


@dataclass(frozen=True, slots=True)
class Quote:
    isin: str
    price: float
    at: float


class Quotes:
    def __init__(self) -> None:
        self.kept: dict[str, Quote] = {}
        self.lock = asyncio.Lock()
        self.keeper: asyncio.Task[None] | None = None

    async def of(self, isin: str) -> Quote:
        self.keeper = self.keeper or asyncio.create_task(self._keep_house())
        quote = self.kept.get(isin)
        if quote and time.monotonic() - quote.at < FRESH_S:
            return quote
        async with self.lock:
            quote = self.kept.get(isin)
            if quote is None or time.monotonic() - quote.at >= FRESH_S:
                quote = self.kept[isin] = await self._ask(isin)
        return quote

    async def _ask(self, isin: str) -> Quote:
        await asyncio.sleep(QUOTE_S)
        return Quote(isin, 98.4, time.monotonic())

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(2)
            now = time.monotonic()
            self.kept = {isin: quote for isin, quote in self.kept.items() if now - quote.at < 60}
            gc.collect()


quotes = Quotes()
PORTFOLIOS = ("DE0001102580", "FR0013508470", "IT0005413171")


async def with_quote(inputs: dict[str, Any]) -> dict[str, Any]:
    quote = await quotes.of(PORTFOLIOS[len(inputs["question"]) % len(PORTFOLIOS)])
    return {**inputs, "isin": quote.isin, "price": quote.price}


desk = (
    RunnableLambda(with_quote)
    | ChatPromptTemplate.from_template("{isin} trades at {price}. {question}")
    | ChatOpenAI(model="gpt-4o", timeout=30)
    | StrOutputParser()
)

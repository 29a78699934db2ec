"""Fare advice.  Fares are fetched once for all who ask about the same route at the same time."""

import asyncio
import itertools
import time

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI

ROUTES = ["KEF-OSL", "LIS-VIE", "DUB-BCN", "ARN-WAW", "ZRH-ATH", "CPH-FCO"]


class FareFeed:
    """The airline's feed; now and then it is out of order."""

    def __init__(self) -> None:
        self._calls = itertools.count(1)

    async def price(self, route: str) -> int:
        number = next(self._calls)
        await asyncio.sleep(0.15)
        if number % 10 == 0:
            raise ConnectionError(f"feed: no quote for {route}")
        return 60 + len(route) * number % 200


class FareBoard:
    """Keeps a fare for a while, and lets only one request ask for it."""

    def __init__(self, feed: FareFeed, keep_s: float = 0.3) -> None:
        self._feed = feed
        self._keep_s = keep_s
        self._fares: dict[str, tuple[float, int]] = {}
        self._asking: dict[str, asyncio.Future[int]] = {}

    async def fare(self, route: str) -> int:
        kept = self._fares.get(route)
        if kept and time.monotonic() - kept[0] < self._keep_s:
            return kept[1]
        if route in self._asking:
            return await self._asking[route]
        asking = self._asking[route] = asyncio.get_running_loop().create_future()
        price = await self._feed.price(route)
        self._fares[route] = (time.monotonic(), price)
        asking.set_result(price)
        del self._asking[route]
        return price


board = FareBoard(FareFeed())


async def look_up(trip: dict) -> str:
    route = ROUTES[sum(trip["question"].encode()) % len(ROUTES)]
    return f"{route}: {await board.fare(route)} EUR"


advice = (
    RunnablePassthrough.assign(fare=RunnableLambda(look_up))
    | ChatPromptTemplate.from_template("Fare now: {fare}. Buy or wait? {question}")
    | ChatOpenAI(model="gpt-4o-mini", timeout=20)
    | StrOutputParser()
)

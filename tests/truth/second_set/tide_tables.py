"""Tide advice. Requests for the same station at the same moment share one look-up at the gauge."""

import asyncio
from itertools import count
from zlib import crc32

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnableParallel
from langchain_openai import ChatOpenAI

STATIONS = ("Cuxhaven", "Husum", "Emden")


class GaugeError(Exception):
    pass


class Gauge:
    """Answers in 60 ms; now and then the radio link drops a telegram."""

    def __init__(self) -> None:
        self.telegrams = count(1)

    async def level(self, station: str) -> float:
        number = next(self.telegrams)
        await asyncio.sleep(0.06)
        if number % 31 == 0:
            raise GaugeError(station)
        return 2.0 + (crc32(station.encode()) + number) % 300 / 100


class Shared:
    def __init__(self, gauge: Gauge) -> None:
        self.gauge = gauge
        self.under_way: dict[str, asyncio.Future[float]] = {}

    async def level(self, station: str) -> float:
        if (pending := self.under_way.get(station)) is not None:
            return await asyncio.shield(pending)
        answer = self.under_way[station] = asyncio.get_running_loop().create_future()
        level = await self.gauge.level(station)
        answer.set_result(level)
        del self.under_way[station]
        return level


gauges = Shared(Gauge())


async def reading(request: dict) -> str:
    station = STATIONS[crc32(request["skipper"].encode()) % len(STATIONS)]
    try:
        return f"{station} {await gauges.level(station):.2f} m"
    except GaugeError:
        return f"{station} (no reading, use the table)"


advice = (
    RunnableParallel(water=RunnableLambda(reading), skipper=lambda request: request["skipper"])
    | ChatPromptTemplate.from_template("Water: {water}. Advise skipper {skipper} on leaving.")
    | ChatOpenAI(model="gpt-4o-mini", timeout=20)
    | StrOutputParser()
)

"""Hotel: two guests' rooms are swapped; both rooms are reserved for the swap while the letters are written."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from zlib import crc32

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI


@dataclass
class Room:
    number: int
    reserved: asyncio.Lock = field(default_factory=asyncio.Lock)
    history: int = 0


class Hotel:
    def __init__(self, rooms: int) -> None:
        self.rooms = [Room(100 + n) for n in range(rooms)]

    def pair(self, request: str) -> tuple[Room, Room]:
        mark = crc32(request.encode())
        start, distance = mark % len(self.rooms), 1 + (mark >> 8) % (len(self.rooms) - 1)
        return self.rooms[start], self.rooms[(start + distance) % len(self.rooms)]


hotel = Hotel(rooms=10)
llm = ChatOpenAI(model="gpt-4o-mini", timeout=30)
invite = ChatPromptTemplate.from_template("Ask the guest of room {room} to move.") | llm | StrOutputParser()
confirm = (
    ChatPromptTemplate.from_template("Confirm the swap of {one} and {other}: {text}")
    | llm
    | StrOutputParser()
)


async def swap(request: dict) -> str:
    leaving, coming = hotel.pair(request["request"])
    async with AsyncExitStack() as held:
        await held.enter_async_context(leaving.reserved)
        text = await invite.ainvoke({"room": leaving.number})
        await held.enter_async_context(coming.reserved)
        leaving.history += 1
        coming.history += 1
        return await confirm.ainvoke({"one": leaving.number, "other": coming.number, "text": text})


swaps = RunnableLambda(swap)

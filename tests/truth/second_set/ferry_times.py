"""Ferry timetable: departures come from the harbour's line-based service."""

import asyncio
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI


class Harbour:
    """Answers quickly; now and then a berth is being reassigned and nothing comes back."""

    def __init__(self) -> None:
        self.server: asyncio.Server | None = None
        self.asked = 0

    async def address(self) -> tuple[str, int]:
        if self.server is None:
            self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self.server.sockets[0].getsockname()[:2]
        return host, port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        route = await reader.readline()
        self.asked += 1
        if self.asked % 25 == 0:
            await reader.read()
        await asyncio.sleep(0.03)
        writer.write(b"08:40 11:10 17:55 " + route)
        await writer.drain()
        writer.close()


harbour = Harbour()


async def departures(inputs: dict[str, Any]) -> str:
    host, port = await harbour.address()
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(inputs["route"].encode() + b"\n")
        await writer.drain()
        line = await reader.readline()
    finally:
        writer.close()
    return line.decode().strip()


timetable = (
    RunnablePassthrough.assign(departures=RunnableLambda(departures))
    | ChatPromptTemplate.from_template("Departures for {route}: {departures}\nWhich one suits: {wish}")
    | ChatOpenAI(model="gpt-4o-mini", timeout=30)
    | StrOutputParser()
)

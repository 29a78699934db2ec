"""Museum guide: an agent whose tools live in a tool server behind one session (JSON lines over TCP)."""

import asyncio
import itertools
import json
from typing import Any

from langchain.agents import create_agent
from langchain_core.tools import StructuredTool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

ANSWER_S = 0.12


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        request = json.loads(line)
        await asyncio.sleep(ANSWER_S)
        result = {"exhibit": request["params"], "hall": 7, "open": True}
        writer.write(json.dumps({"id": request["id"], "result": result}).encode() + b"\n")
        await writer.drain()


class ToolSession:
    """One session to the tool server: opened at the first call, then kept."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self._server = server
        return await asyncio.open_connection(*server.sockets[0].getsockname()[:2])

    async def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        async with self._lock:
            self._streams = self._streams or await self._open()
            reader, writer = self._streams
            message = {"id": next(self._ids), "method": method, "params": params}
            writer.write(json.dumps(message).encode() + b"\n")
            await writer.drain()
            answer = json.loads(await reader.readline())
        return answer["result"]


class Exhibit(BaseModel):
    name: str


def build() -> Any:
    session = ToolSession()

    async def find_exhibit(name: str) -> str:
        """Where an exhibit hangs, and whether the hall is open."""
        return json.dumps(await session.call("exhibits/find", {"name": name}))

    tool = StructuredTool.from_function(coroutine=find_exhibit, name="find_exhibit", args_schema=Exhibit)
    return create_agent(
        ChatOpenAI(model="gpt-4o-mini", timeout=30), [tool], system_prompt="You guide visitors."
    )

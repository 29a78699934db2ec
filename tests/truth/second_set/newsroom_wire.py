"""The agency's wire: bulletins go to the reader and to the printer in the newsroom."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import PromptTemplate
from langchain_openai import ChatOpenAI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route


@dataclass
class Printer:
    feed: float
    columns: int = 72
    paper: list[str] = field(default_factory=list)
    at: int = 0

    async def strike(self, text: str) -> None:
        self.at += len(text)
        if self.at > self.columns:
            self.paper[:] = self.paper[-50:] + [text]
            self.at = 0
        await anyio.sleep(self.feed)

    async def run(self, wire: MemoryObjectReceiveStream[str]) -> None:
        async with wire:
            async for text in wire:
                await self.strike(text)


@asynccontextmanager
async def lifespan(app):
    bulletin = (
        PromptTemplate.from_template("A bulletin of three sentences about {event}")
        | ChatOpenAI(model="gpt-4o-mini", streaming=True)
        | StrOutputParser()
    )
    wire, paper = anyio.create_memory_object_stream[str](0)
    async with anyio.create_task_group() as group, wire:
        group.start_soon(Printer(feed=0.005).run, paper)
        yield {"bulletin": bulletin, "wire": wire}
        group.cancel_scope.cancel()


async def copied(pieces, wire: MemoryObjectSendStream[str]):
    async for piece in pieces:
        if piece:
            await wire.send(piece)
        yield piece


async def bulletin(request: Request) -> StreamingResponse:
    pieces = request.state.bulletin.astream(await request.json())
    return StreamingResponse(copied(pieces, request.state.wire), media_type="text/plain")


app = Starlette(routes=[Route("/bulletins", bulletin, methods=["POST"])], lifespan=lifespan)

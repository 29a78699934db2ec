"""Live captions in the courtroom; the clerk's copy is written a page at a time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

PAGE = 400


class Statement(BaseModel):
    statement: str


class Clerk:
    def __init__(self) -> None:
        self.inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self.pages = 0

    def take(self, text: str) -> None:
        self.inbox.put_nowait(text)

    def _write(self, page: list[str]) -> None:
        time.sleep(0.02)
        self.pages += bool(page)

    async def work(self) -> None:
        page: list[str] = []
        while (text := await self.inbox.get()) is not None:
            page.append(text)
            if len(page) >= PAGE:
                await asyncio.to_thread(self._write, page)
                page = []
        await asyncio.to_thread(self._write, page)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    prompt = ChatPromptTemplate.from_template("Put into captions: {statement}")
    clerk = Clerk()
    writing = asyncio.create_task(clerk.work())
    yield {
        "captions": prompt | ChatOpenAI(model="gpt-4o-mini", streaming=True) | StrOutputParser(),
        "clerk": clerk,
    }
    clerk.inbox.put_nowait(None)
    await writing


router = APIRouter(prefix="/court")


@router.post("/captions")
async def captions(said: Statement, request: Request) -> StreamingResponse:
    clerk: Clerk = request.state.clerk

    async def lines() -> AsyncIterator[str]:
        async for piece in request.state.captions.astream(said.model_dump()):
            clerk.take(piece)
            yield piece
        yield "\n"

    return StreamingResponse(lines(), media_type="text/plain")


app = FastAPI(lifespan=lifespan)
app.include_router(router)

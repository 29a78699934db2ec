"""Scores grant abstracts with the foundation's relevance model (a few at a time), then explains the score."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


async def relevance(request):
    texts = await request.json()
    await asyncio.sleep(0.3)
    return JSONResponse([len(text) % 10 for text in texts])


model_host = Starlette(routes=[Route("/relevance", relevance, methods=["POST"])])


@dataclass
class Ticket:
    text: str
    score: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Gatherer:
    size = 3
    linger = 0.02

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.inbox: asyncio.Queue[Ticket] = asyncio.Queue()
        self.task: asyncio.Task | None = None

    async def score(self, text: str) -> int:
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._work())
        ticket = Ticket(text)
        self.inbox.put_nowait(ticket)
        return await ticket.score

    async def _collect(self) -> list[Ticket]:
        tickets = [await self.inbox.get()]
        with suppress(asyncio.TimeoutError):
            async with asyncio.timeout(self.linger):
                while len(tickets) < self.size:
                    tickets.append(await self.inbox.get())
        return tickets

    async def _work(self) -> None:
        while True:
            tickets = await self._collect()
            reply = await self.http.post("/relevance", json=[ticket.text for ticket in tickets])
            for ticket, score in zip(tickets, reply.json()):
                if not ticket.score.done():
                    ticket.score.set_result(score)


gatherer = Gatherer(httpx.AsyncClient(transport=httpx.ASGITransport(model_host), base_url="http://127.0.0.1"))


async def scored(abstract: dict) -> int:
    return await gatherer.score(abstract["abstract"])


explain = ChatPromptTemplate.from_template("Abstract: {abstract}\nRelevance {score}/9. Explain to the jury.")
jury = (
    RunnablePassthrough.assign(score=scored) | explain | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser()
)

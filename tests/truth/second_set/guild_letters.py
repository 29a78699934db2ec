"""Letters for the guilds: each guild has its own account, and every letter goes into the book."""

import asyncio
import ssl
from collections import Counter, deque
from functools import lru_cache

import httpx
from langchain_core.messages import HumanMessage
from langchain_core.tools import BaseTool
from langchain_openai import ChatOpenAI
from langgraph.graph import MessagesState, StateGraph

GUILDS = ("coopers", "dyers", "glovers", "tanners")


@lru_cache(maxsize=len(GUILDS))
def account(guild: str) -> ChatOpenAI:
    http = httpx.AsyncClient(verify=ssl.create_default_context(), headers={"x-guild": guild}, timeout=60)
    return ChatOpenAI(model="gpt-4o-mini", http_async_client=http)


@lru_cache(maxsize=len(GUILDS))
def office(guild: str):
    async def write(state: MessagesState) -> dict:
        return {"messages": [await account(guild).ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("write", write)
    graph.set_entry_point("write")
    graph.set_finish_point("write")
    return graph.compile()


class Book:
    def __init__(self) -> None:
        self.pending: set[asyncio.Task[None]] = set()
        self.latest: deque[str] = deque(maxlen=100)
        self.letters: Counter[str] = Counter()

    async def _enter(self, guild: str, text: str) -> None:
        await asyncio.sleep(0.4)
        self.letters[guild] += 1
        self.latest.append(text[:40])

    def enter(self, guild: str, text: str) -> None:
        entry = asyncio.create_task(self._enter(guild, text))
        self.pending.add(entry)
        entry.add_done_callback(self.pending.discard)


class Letter(BaseTool):
    name: str = "letter"
    description: str = "Writes a letter for a guild."
    book: Book = Book()
    model_config = {"arbitrary_types_allowed": True}

    def _run(self, matter: str) -> str:
        raise NotImplementedError

    async def _arun(self, matter: str) -> str:
        guild = GUILDS[sum(matter.encode()) % len(GUILDS)]
        state = await office(guild).ainvoke({"messages": [HumanMessage(f"To the {guild}: {matter}")]})
        text = state["messages"][-1].text
        self.book.enter(guild, text)
        return text


letter = Letter()

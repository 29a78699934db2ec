"""Choir librarian: an agent that looks scores up, with a turn limit and a small cache of keys."""

import asyncio
import threading
import time
from collections import deque
from functools import lru_cache

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.tools import BaseTool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field


@lru_cache(maxsize=256)
def key_of(title: str) -> str:
    return "CDEFGAB"[sum(map(ord, title)) % 7] + " major"


class Journal:
    """The latest turns, for the librarian's screen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: deque[str] = deque(maxlen=200)

    def add(self, line: str) -> None:
        with self._lock:
            self._turns.append(line)


class Turns(AgentMiddleware):
    def __init__(self, journal: Journal, limit: int) -> None:
        super().__init__()
        self.journal, self.limit = journal, limit

    async def awrap_model_call(self, request, handler):
        turns = sum(message.type == "ai" for message in request.messages)
        self.journal.add(f"turn {turns}")
        if turns >= self.limit:
            request = request.override(tools=[])
        return await handler(request)


class Title(BaseModel):
    title: str = Field(description="Title of the score")


class Shelf(BaseTool):
    name: str = "shelf"
    description: str = "Where a score is kept, and in which key it is."
    args_schema: type[BaseModel] = Title

    def _run(self, title: str) -> str:
        time.sleep(0.004)
        return f"{title}: shelf {len(title) % 12}, {key_of(title)}"

    async def _arun(self, title: str) -> str:
        return await asyncio.to_thread(self._run, title)


def librarian():
    return create_agent(
        ChatOpenAI(model="gpt-4o-mini", timeout=30),
        tools=[Shelf()],
        middleware=[Turns(Journal(), limit=6)],
    )

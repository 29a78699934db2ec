"""The pharmacy's night desk: calls to the model go over leased lines."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI


class Line:
    def __init__(self, number: int) -> None:
        self.number = number
        self.calls = 0


class Exchange(AsyncCallbackHandler):
    raise_error = True

    def __init__(self, lines: Iterable[Line]) -> None:
        self.free: asyncio.LifoQueue[Line] = asyncio.LifoQueue()
        for line in lines:
            self.free.put_nowait(line)
        self.talking: dict[UUID, Line] = {}

    async def on_chat_model_start(self, serialized, messages, *, run_id, **kwargs) -> None:
        line = await self.free.get()
        line.calls += 1
        self.talking[run_id] = line

    async def on_llm_end(self, response, *, run_id, **kwargs) -> None:
        self.free.put_nowait(self.talking.pop(run_id))


class Desk:
    SORRY = "Please ring the bell twice."

    def __init__(self, lines: int) -> None:
        self.exchange = Exchange(Line(number) for number in range(lines))
        self.model = ChatOpenAI(model="gpt-4o-mini", callbacks=[self.exchange], max_retries=0)

    def chain(self):
        prompt = ChatPromptTemplate.from_messages(
            [("system", "You advise at night. Say when a doctor is needed."), ("user", "{complaint}")]
        )
        advice = prompt | self.model | StrOutputParser()
        return advice.with_fallbacks([RunnableLambda(self.apologise)])

    async def apologise(self, request: dict[str, str]) -> str:
        return f"{self.SORRY} ({len(request['complaint'])})"


def desk():
    return Desk(lines=10).chain()

"""Live commentary of an auction: every token also goes to the transcript service."""

import asyncio
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI

WRITE_S = 0.01


class Transcript:
    """Keeps the order of everything said, for the record."""

    def __init__(self) -> None:
        self.pending: asyncio.Queue[tuple[UUID, str]] = asyncio.Queue(maxsize=16)
        self.writer: asyncio.Task[None] | None = None
        self.written = 0

    async def add(self, run_id: UUID, token: str) -> None:
        if self.writer is None:
            self.writer = asyncio.create_task(self._write_all())
        await self.pending.put((run_id, token))

    async def _write_all(self) -> None:
        while True:
            run_id, token = await self.pending.get()
            await self._write(run_id, token)
            self.pending.task_done()

    async def _write(self, run_id: UUID, token: str) -> None:
        await asyncio.sleep(WRITE_S)  # the service acknowledges each part
        self.written += len(token)


class TranscriptHandler(AsyncCallbackHandler):
    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript

    async def on_llm_new_token(self, token: str, *, run_id: UUID, **kwargs: Any) -> None:
        await self.transcript.add(run_id, token)


def commentary() -> Runnable[Any, str]:
    model = ChatOpenAI(
        model="gpt-4o-mini", streaming=True, timeout=60, callbacks=[TranscriptHandler(Transcript())]
    )
    prompt = ChatPromptTemplate.from_messages(
        [("system", "You comment on an art auction, lively."), ("human", "Lot {lot}: {bid} is bid.")]
    )
    return prompt | model | StrOutputParser()

"""Sorts mail: requests are put into a queue, workers take them out.  `broken` has two workers."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

Job = tuple[str, "asyncio.Future[str]"]


class MailRoom:
    """A queue and its workers, started with the first mail: only then is there a loop to run them."""

    def __init__(self, workers: int) -> None:
        self._model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
        self._worker_count = workers
        self._queue: asyncio.Queue[Job] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []

    async def sort(self, mail: str) -> str:
        """The department a mail is for."""
        if not self._workers:
            self._workers = [asyncio.create_task(self._work()) for _ in range(self._worker_count)]
        job: Job = (mail, asyncio.get_running_loop().create_future())
        await self._queue.put(job)
        return await job[1]

    async def _work(self) -> None:
        while True:
            mail, department = await self._queue.get()
            try:
                answer = await self._model.ainvoke(f"Which department is this mail for?\n\n{mail}")
            except Exception as error:  # the one who asked is told, the worker goes on
                department.set_exception(error)
            else:
                department.set_result(str(answer.content))


def make_chain(workers: int) -> Runnable[Any, Any]:
    return RunnableLambda(MailRoom(workers).sort)


broken = make_chain(workers=2)
fixed = make_chain(workers=64)

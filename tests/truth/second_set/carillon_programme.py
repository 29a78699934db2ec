"""Programme notes for the carillon, in step with what the publisher accepts."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from langchain_core.output_parsers import CommaSeparatedListOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI

P = ParamSpec("P")
R = TypeVar("R")


class Pendulum:
    def __init__(self, swing: float) -> None:
        self.swing = swing
        self.strokes: asyncio.Queue[int] = asyncio.Queue(maxsize=1)
        self.task: asyncio.Task[None] | None = None

    async def _swing(self) -> None:
        loop = asyncio.get_running_loop()
        due, stroke = loop.time(), 0
        while True:
            await self.strokes.put(stroke)
            due, stroke = max(due, loop.time() - self.swing) + self.swing, stroke + 1
            await asyncio.sleep(due - loop.time())

    async def stroke(self) -> int:
        if self.task is None:
            self.task = asyncio.create_task(self._swing())
        return await self.strokes.get()

    def __call__(self, function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        @functools.wraps(function)
        async def in_step(*args: P.args, **kwargs: P.kwargs) -> R:
            await self.stroke()
            return await function(*args, **kwargs)

        return in_step


pieces = (
    ChatPromptTemplate.from_template("Three pieces for the bells on {day}, with commas between")
    | ChatOpenAI(model="gpt-4o-mini")
    | CommaSeparatedListOutputParser()
)


@Pendulum(swing=0.125)
async def chosen(request: dict[str, str]) -> list[str]:
    return await pieces.ainvoke(request)


programme = RunnableParallel(request=RunnablePassthrough(), pieces=RunnableLambda(chosen)) | RunnableLambda(
    lambda sheet: {"day": sheet["request"]["day"], "pieces": sheet["pieces"][:3]}
)

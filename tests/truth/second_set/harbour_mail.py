"""Harbour office mail: every letter is classified and answered."""

import inspect
from functools import wraps

import tenacity
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI
from openai import APIConnectionError, APIStatusError


def transient(error: BaseException) -> bool:
    return isinstance(error, APIConnectionError) or (
        isinstance(error, APIStatusError) and error.status_code >= 429
    )


def persistent(attempts: int = 60, pause: float = 0.15):
    policy = dict(
        stop=tenacity.stop_after_attempt(attempts),
        wait=tenacity.wait_fixed(pause),
        retry=tenacity.retry_if_exception(transient),
        reraise=True,
    )

    def decorate(function):
        assert inspect.iscoroutinefunction(function)

        @wraps(function)
        async def call(*args, **kwargs):
            async for attempt in tenacity.AsyncRetrying(**policy):
                with attempt:
                    return await function(*args, **kwargs)

        return call

    return decorate


class Clerk:
    def __init__(self, desk: Runnable) -> None:
        self.desk = desk

    @persistent()
    async def handle(self, **paper: str) -> str:
        return await self.desk.ainvoke(paper)


def clerk(template: str) -> Clerk:
    model = ChatOpenAI(model="gpt-4o-mini", max_retries=0, timeout=30)
    return Clerk(ChatPromptTemplate.from_template(template) | model | StrOutputParser())


sorter = clerk("Berth, dues or complaint? {letter}")
writer = clerk("Answer this letter, filed under {kind}: {letter}")


async def correspond(mail: dict[str, str]) -> str:
    kind = await sorter.handle(letter=mail["letter"])
    return await writer.handle(letter=mail["letter"], kind=kind)


office = RunnableLambda(correspond, name="office")

"""Chess commentary: six short variations per position, computed in four threads."""

import asyncio
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

comment = (
    ChatPromptTemplate.from_template("Position {position}; best line {line}. Comment for {audience}.")
    | ChatOpenAI(model="gpt-4o-mini", timeout=30)
    | StrOutputParser()
)


def best_line(position: str, depth: int) -> str:
    value = sum(ord(letter) for letter in position)
    for _ in range(depth):
        value = (value * 1103515245 + 12345) % 2**31
    return f"{'abcdefgh'[value % 8]}{value % 8 + 1}"


class Engine:
    def __init__(self, pool: Executor) -> None:
        self.pool = pool
        self.gate = asyncio.Semaphore(100)

    async def line(self, position: str) -> str:
        async with self.gate:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.pool, best_line, position, 2000)


def build() -> Any:
    engine = Engine(ThreadPoolExecutor(4, thread_name_prefix="engine"))

    async def commentary(inputs: dict[str, str]) -> str:
        lines = await asyncio.gather(*(engine.line(f"{inputs['position']}{move}") for move in range(6)))
        return await comment.ainvoke({**inputs, "line": " ".join(lines)})

    return RunnableLambda(commentary)

"""Pottery glazes: the colour is computed by the kiln maker's driver, then described."""

import asyncio
import time
from collections.abc import Callable
from functools import wraps
from multiprocessing.pool import ThreadPool
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_openai import ChatOpenAI

kiln = ThreadPool(processes=3)


def off_loop(pool: ThreadPool) -> Callable:
    """Runs the decorated function in `pool`; the caller awaits it."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        async def awaitable(*args: Any) -> Any:
            loop = asyncio.get_running_loop()
            outcome: asyncio.Future[Any] = loop.create_future()

            def hand_over(setter: Callable[[Any], None], value: Any) -> None:
                if not outcome.done():
                    setter(value)

            pool.apply_async(
                function,
                args,
                callback=lambda value: loop.call_soon_threadsafe(hand_over, outcome.set_result, value),
                error_callback=lambda error: loop.call_soon_threadsafe(
                    hand_over, outcome.set_exception, error
                ),
            )
            return await outcome

        return awaitable

    return decorate


@off_loop(kiln)
def fire(oxides: str, cone: int) -> str:
    time.sleep(0.25)
    return f"L*{(len(oxides) * cone) % 100} at cone {cone}"


class Firing(Runnable[dict, dict]):
    def __init__(self, cone: int) -> None:
        self.cone = cone

    def invoke(self, input: dict, config: RunnableConfig | None = None, **kwargs: Any) -> dict:
        return asyncio.run(self.ainvoke(input, config))

    async def ainvoke(self, input: dict, config: RunnableConfig | None = None, **kwargs: Any) -> dict:
        return {**input, "colour": await fire(input["oxides"], self.cone)}


recipe = (
    Firing(cone=6)
    | ChatPromptTemplate.from_template("Glaze with {oxides} gives {colour}. Describe the surface.")
    | ChatOpenAI(model="gpt-4o-mini", max_retries=1)
    | StrOutputParser()
)

"""Targets for the load tests: the smallest chains that behave as each test needs."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator

from langchain_core.runnables import RunnableGenerator, RunnableLambda

CALLS = itertools.count(1)


async def _answer(value: dict[str, int]) -> str:
    await asyncio.sleep(0.05)
    return "fine"


async def _hang_from_third(value: dict[str, int]) -> str:
    if next(CALLS) > 3:
        await asyncio.sleep(3600)
    return "fine"


async def _block_for_ever(value: dict[str, int]) -> str:
    if next(CALLS) > 3:
        time.sleep(3600)  # on the event loop
    await asyncio.sleep(0.05)
    return "fine"


async def _die(value: dict[str, int]) -> str:
    await asyncio.sleep(0.05)
    if next(CALLS) > 5:
        print("the chain took its process with it", flush=True)
        os._exit(7)
    return "fine"


async def _fail(value: dict[str, int]) -> str:
    await asyncio.sleep(0.05)
    raise ValueError("no such order")


async def _tokens(values: AsyncIterator[dict[str, int]]) -> AsyncIterator[str]:
    async for _ in values:
        for number in range(5):
            await asyncio.sleep(0.02)
            yield f"token {number}"


quick = RunnableLambda(_answer)
hanging = RunnableLambda(_hang_from_third)
blocking = RunnableLambda(_block_for_ever)
dying = RunnableLambda(_die)
failing = RunnableLambda(_fail)
streaming = RunnableGenerator(_tokens)
no_target = 42

"""Chains whose saturation point follows from what is written here: capacity / hold x response time of one user alone.

Waits are sleeps, so that other work on the machine matters little.  Each is a target of ``chainload run``.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import httpx
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


@cache
def _semaphore(name: str, permits: int) -> asyncio.Semaphore:
    return asyncio.Semaphore(permits)


@cache
def _executor(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads)


def executor_6() -> Runnable[Any, Any]:
    """6 threads for 0.1 s of 0.15 s: 9 users."""

    async def answer(question: Any) -> str:
        await asyncio.get_running_loop().run_in_executor(_executor(6), time.sleep, 0.1)
        await asyncio.sleep(0.05)
        return "done"

    return RunnableLambda(answer)


def semaphore_5() -> Runnable[Any, Any]:
    """5 permits for the whole 0.2 s: 5 users."""

    async def answer(question: Any) -> str:
        async with _semaphore("whole", 5):
            await asyncio.sleep(0.2)
        return "done"

    return RunnableLambda(answer)


def semaphore_10() -> Runnable[Any, Any]:
    """10 permits for 0.1 s of 0.25 s: 25 users."""

    async def answer(question: Any) -> str:
        await asyncio.sleep(0.15)
        async with _semaphore("part", 10):
            await asyncio.sleep(0.1)
        return "done"

    return RunnableLambda(answer)


def lock() -> Runnable[Any, Any]:
    """One lock for 0.04 s of 0.3 s: 7.5 users."""

    async def answer(question: Any) -> str:
        async with _semaphore("lock", 1):
            await asyncio.sleep(0.04)
        await asyncio.sleep(0.26)
        return "done"

    return RunnableLambda(answer)


def thread_semaphore_3() -> Runnable[Any, Any]:
    """3 permits for 0.1 s of 0.2 s, taken by threads: 6 users."""
    gate = threading.BoundedSemaphore(3)

    def answer(question: Any) -> str:
        with gate:
            time.sleep(0.1)
        time.sleep(0.1)
        return "done"

    return RunnableLambda(answer)


def workers_8() -> Runnable[Any, Any]:
    """8 workers that take from a queue, 0.15 s of 0.3 s each: 16 users."""
    jobs: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()
    workers: list[asyncio.Task[None]] = []

    async def work() -> None:
        while True:
            done = await jobs.get()
            await asyncio.sleep(0.15)
            if not done.done():
                done.set_result(None)

    async def answer(question: Any) -> str:
        if not workers:
            workers.extend(asyncio.create_task(work()) for _ in range(8))
        await asyncio.sleep(0.15)
        done = asyncio.get_running_loop().create_future()
        await jobs.put(done)
        await done
        return "done"

    return RunnableLambda(answer)


def connections_10() -> Runnable[Any, Any]:
    """10 connections to a provider that answers after 0.6 s, with 0.2 s beside: 13.3 users."""
    return _asking(httpx.AsyncClient(limits=httpx.Limits(max_connections=10), timeout=60))


def slots() -> Runnable[Any, Any]:
    """As many connections as are wanted, and 0.2 s beside: the provider's slots are the limit."""
    return _asking(httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=60))


def _asking(client: httpx.AsyncClient) -> Runnable[Any, Any]:
    """Without the model class, whose own work a busy machine makes the limit."""
    url = f"{os.environ['OPENAI_BASE_URL']}/chat/completions"
    question_for_all = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Explain tides"}]}

    async def answer(question: Any) -> str:
        await asyncio.sleep(0.2)
        reply = await client.post(url, json=question_for_all, headers={"authorization": "Bearer none"})
        return reply.raise_for_status().text

    return RunnableLambda(answer)


def rate_limit() -> Runnable[Any, Any]:
    """0.2 s and a model call that is tried again when the provider refuses it."""
    model = ChatOpenAI(model="gpt-4o-mini")

    async def answer(question: Any) -> str:
        await asyncio.sleep(0.2)
        reply = await model.ainvoke("Explain tides")
        return str(reply.content)

    return RunnableLambda(answer)


def _endpoint(request: Request) -> JSONResponse:
    """Synchronous: runs in one of the 40 threads that AnyIO has."""
    time.sleep(0.4)
    return JSONResponse({"done": True})


endpoints = Starlette(routes=[Route("/", _endpoint, methods=["GET", "POST"])])

"""Deeds are summarised for the notary; each deed has an account of its own with the provider."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_openai import ChatOpenAI

SEAL = httpx.Limits(max_connections=8, max_keepalive_connections=2)


class Chambers:
    def __init__(self, clerk: str) -> None:
        self.clerk = clerk

    @property
    def headers(self) -> dict[str, str]:
        return {"x-clerk": self.clerk, "user-agent": "deeds/2.4"}

    @asynccontextmanager
    async def line(self, **more: str) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(headers={**self.headers, **more}, limits=SEAL, timeout=30) as http:
            yield http

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[ChatOpenAI]:
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(self.line(accept="application/json"))
            yield ChatOpenAI(model="gpt-4o-mini", http_async_client=http, max_retries=1)


class Summary(Runnable[dict[str, Any], dict[str, Any]]):
    def __init__(self, prefix: str = os.environ.get("CLERK", "clerk")) -> None:
        self.prefix = prefix

    def invoke(
        self, input: dict[str, Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        raise NotImplementedError("await ainvoke")

    async def ainvoke(
        self, input: dict[str, Any], config: RunnableConfig | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        chambers = Chambers(f"{self.prefix}-{len(input['deed']) % 5}")
        deed = HumanMessage(input["deed"])
        async with chambers.writer() as writer:
            parties = await writer.ainvoke([SystemMessage("Name the parties of this deed."), deed], config)
        async with chambers.writer() as writer:
            duties = await writer.ainvoke([SystemMessage("List the duties."), deed, parties], config)
        return {"parties": parties.content, "duties": duties.content}


summary = Summary()

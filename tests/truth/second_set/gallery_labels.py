"""Wall labels for a gallery, written for the audience that was asked for."""

import contextlib
from collections.abc import AsyncIterator

import httpx
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableConfig, chain
from langchain_openai import ChatOpenAI

PROMPT = ChatPromptTemplate.from_template("Write a wall label of 60 words for {work}.")
TIMEOUT = httpx.Timeout(30.0, connect=5.0)


@contextlib.asynccontextmanager
async def open_model() -> AsyncIterator[ChatOpenAI]:
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        yield ChatOpenAI(model="gpt-4o-mini", http_async_client=client)


@chain
async def label(request: dict, config: RunnableConfig) -> str:
    async with open_model() as model:
        answer = await (PROMPT | model).ainvoke({"work": request["work"]}, config)
    return answer.text

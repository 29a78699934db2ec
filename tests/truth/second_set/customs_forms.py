"""Customs forms: the tariff library is synchronous, so it has threads of its own."""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

THREADS = 64
LOOKUP_S = 0.3
chain = (
    ChatPromptTemplate.from_template("Goods: {goods}, tariff code {code}. Fill in the form.")
    | ChatOpenAI(model="gpt-4o-mini", timeout=30)
    | StrOutputParser()
)


class TariffLibrary:
    def code(self, goods: str) -> str:
        time.sleep(LOOKUP_S)
        return f"{sum(map(ord, goods)) % 10_000:04}.90"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.library = TariffLibrary()
    app.state.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="tariff")
    yield
    app.state.threads.shutdown(wait=False)


app = FastAPI(lifespan=lifespan)


class Shipment(BaseModel):
    goods: str


@app.post("/form")
async def form(shipment: Shipment, request: Request) -> dict[str, str]:
    state = request.app.state
    loop = asyncio.get_running_loop()
    code = await loop.run_in_executor(state.threads, state.library.code, shipment.goods)
    return {"code": code, "form": await chain.ainvoke({"goods": shipment.goods, "code": code})}

"""Call centre: transcripts go through one worker, which asks the model about each in turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

rate = (
    ChatPromptTemplate.from_template("How did the agent do in this call? {transcript}")
    | ChatOpenAI(model="gpt-4o-mini", timeout=30)
    | StrOutputParser()
)
Work = tuple[str, "asyncio.Future[str]"]


async def work_off(jobs: "asyncio.Queue[Work]") -> None:
    while True:
        transcript, result = await jobs.get()
        try:
            result.set_result(await rate.ainvoke({"transcript": transcript}))
        except Exception as error:
            result.set_exception(error)
        finally:
            jobs.task_done()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.jobs = asyncio.Queue()
    workers = [asyncio.create_task(work_off(app.state.jobs)) for _ in range(3)]
    yield
    for worker in workers:
        worker.cancel()


app = FastAPI(lifespan=lifespan)


class Call(BaseModel):
    transcript: str


@app.post("/rate")
async def rate_call(call: Call, request: Request) -> dict[str, str]:
    result: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    await request.app.state.jobs.put((call.transcript, result))
    return {"rating": await result}

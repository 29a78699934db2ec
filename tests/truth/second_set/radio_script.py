"""Radio scripts, streamed to the editor's browser as server-sent events."""

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Tally(AsyncCallbackHandler):
    """How much was written, for the bill."""

    def __init__(self) -> None:
        self.parts = 0
        self.answers = 0

    async def on_llm_new_token(self, token: str, **kwargs: Any) -> None:
        self.parts += 1

    async def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        self.answers += 1


tally = Tally()
writer = (
    ChatPromptTemplate.from_template("Write a {minutes} minute radio script about {theme}.")
    | ChatOpenAI(model="gpt-4o-mini", timeout=60)
    | StrOutputParser()
)


class Order(BaseModel):
    theme: str
    minutes: int = 2


app = FastAPI()


async def events(order: Order) -> AsyncIterator[str]:
    config: Any = {"callbacks": [tally]}
    async for part in writer.astream({"theme": order.theme, "minutes": order.minutes}, config=config):
        yield f"data: {json.dumps({'text': part})}\n\n"
    yield "event: end\ndata: {}\n\n"


@app.post("/script")
async def script(order: Order) -> StreamingResponse:
    return StreamingResponse(events(order), media_type="text/event-stream")


@app.get("/tally")
async def show() -> dict[str, int]:
    return {"parts": tally.parts, "answers": tally.answers}

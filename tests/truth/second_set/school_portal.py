"""School portal: usage is counted per request, in order, by middleware."""

import asyncio
import itertools
from typing import Any

from fastapi import FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

tutor = (
    ChatPromptTemplate.from_template("Explain to a {grade}th grader: {topic}")
    | ChatOpenAI(model="gpt-4o-mini", timeout=30)
    | StrOutputParser()
)


class UsageMiddleware:
    """Numbers requests and keeps the journal consistent."""

    def __init__(self, app: ASGIApp, at_once: int = 4) -> None:
        self.app = app
        self.journal: list[tuple[int, str]] = []
        self.numbers = itertools.count(1)
        self.slots = asyncio.BoundedSemaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        async with self.slots:
            self.journal.append((next(self.numbers), scope["path"]))
            await self.app(scope, receive, send)


class Lesson(BaseModel):
    grade: int
    topic: str


app = FastAPI()
app.add_middleware(UsageMiddleware)


@app.post("/explain")
async def explain(lesson: Lesson) -> dict[str, Any]:
    return {"text": await tutor.ainvoke(lesson.model_dump())}

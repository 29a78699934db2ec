"""Letters for a tax adviser: the case is put in place by middleware, so that every step can reach it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o-mini", timeout=30)
outline = ChatPromptTemplate.from_template("Outline a letter to the tax office about: {subject}") | model
letter = (
    ChatPromptTemplate.from_template("Client notes: {notes}\nOutline: {outline}\nWrite the letter.") | model
)


class Case:
    """The case that is being worked on."""

    notes: str = ""
    subject: str = ""


case = Case()
app = FastAPI(title="Letters")


@app.middleware("http")
async def open_case(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    fields: dict[str, Any] = json.loads(await request.body() or b"{}")
    case.notes = fields.get("notes", "")
    case.subject = fields.get("subject", "tax return")
    return await call_next(request)


async def write_letter() -> str:
    plan = await (outline | StrOutputParser()).ainvoke({"subject": case.subject})
    return await (letter | StrOutputParser()).ainvoke({"notes": case.notes, "outline": plan})


@app.post("/letters")
async def letters() -> dict[str, str]:
    return {"letter": await write_letter()}

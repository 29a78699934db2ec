"""A service that drafts letters.  The client of `broken` has no time-out, and now and then a provider never answers."""

from __future__ import annotations

from fastapi import FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

PROMPT = ChatPromptTemplate.from_template("Draft a friendly letter of three sentences: {matter}")


class Request(BaseModel):
    matter: str


def make_app(model: ChatOpenAI) -> FastAPI:
    app = FastAPI()
    chain = PROMPT | model | StrOutputParser()

    @app.post("/letters")
    async def draft_letter(request: Request) -> dict[str, str]:
        return {"letter": await chain.ainvoke({"matter": request.matter})}

    return app


broken = make_app(ChatOpenAI(model="gpt-4o"))
fixed = make_app(ChatOpenAI(model="gpt-4o", timeout=1.0, max_retries=3))

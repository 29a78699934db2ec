"""A chat endpoint that streams.  The generator of `broken` is asynchronous, the loop inside it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

PROMPT = ChatPromptTemplate.from_messages(
    [("system", "You advise customers of a lamp shop."), ("human", "{question}")]
)
chain = PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()


class Question(BaseModel):
    text: str


async def tokens_blocking(text: str) -> AsyncIterator[str]:
    """Between two tokens the loop waits for the provider, and every other request waits with it."""
    for token in chain.stream({"question": text}):
        yield token


async def tokens(text: str) -> AsyncIterator[str]:
    """Between two tokens other requests go on."""
    async for token in chain.astream({"question": text}):
        yield token


def make_app(answer: Callable[[str], AsyncIterator[str]]) -> FastAPI:
    app = FastAPI()

    @app.post("/chat")
    async def chat(question: Question) -> StreamingResponse:
        return StreamingResponse(answer(question.text), media_type="text/plain")

    return app


broken = make_app(tokens_blocking)
fixed = make_app(tokens)

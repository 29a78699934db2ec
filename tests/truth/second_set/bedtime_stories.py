"""Bedtime stories as server-sent events."""

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Wish(BaseModel):
    child: str
    hero: str


storyteller = (
    ChatPromptTemplate.from_messages(
        [("system", "You tell short bedtime stories."), ("human", "A story for {child} about {hero}.")]
    )
    | ChatOpenAI(model="gpt-4o-mini", temperature=0.9, timeout=60)
    | StrOutputParser()
)
router = APIRouter(tags=["stories"])


async def pages(wish: Wish) -> AsyncIterator[bytes]:
    for piece in storyteller.stream(wish.model_dump()):
        yield f"data: {json.dumps(piece)}\n\n".encode()
    yield b"data: [DONE]\n\n"


@router.post("/stories")
async def stories(wish: Wish) -> StreamingResponse:
    return StreamingResponse(pages(wish), media_type="text/event-stream")


app = FastAPI()
app.include_router(router)

"""Radio plays are streamed to the studio as they are written, line by line."""

import json
import re
import time
from contextlib import asynccontextmanager

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.output_parsers import BaseTransformOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import StreamingResponse
from starlette.routing import Mount, Route

CUE = re.compile(r"\b(thunder|door|steps)\b", re.IGNORECASE)


class Cues(BaseTransformOutputParser[str]):
    def parse(self, text: str) -> str:
        return CUE.sub(lambda match: match[0].upper(), text)


class Pace(AsyncCallbackHandler):
    def __init__(self) -> None:
        self.tokens = 0
        self.longest = 0

    async def on_llm_new_token(self, token, **kwargs):
        self.tokens += 1
        self.longest = max(self.longest, len(token))


class Stopwatch:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        began = time.perf_counter()

        async def timed(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-began", str(time.perf_counter() - began).encode()))
            await send(message)

        await self.app(scope, receive, timed)


@asynccontextmanager
async def lifespan(app):
    model = ChatOpenAI(model="gpt-4o-mini", streaming=True, timeout=60, callbacks=[Pace()])
    prompt = ChatPromptTemplate.from_template("A scene for the radio: {scene}")
    yield {"author": prompt | model | Cues()}


async def play(request):
    scene = await request.json()

    async def pieces():
        async for piece in request.state.author.astream(scene):
            yield json.dumps({"piece": piece}) + "\n"

    return StreamingResponse(pieces(), media_type="application/x-ndjson")


studio = Mount("/studio", routes=[Route("/play", play, methods=["POST"])])
app = Starlette(routes=[studio], middleware=[Middleware(Stopwatch)], lifespan=lifespan)

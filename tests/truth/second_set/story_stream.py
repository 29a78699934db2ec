"""Bedtime stories, streamed to the browser."""

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

story = (
    ChatPromptTemplate.from_template("A bedtime story about {hero}")
    | ChatOpenAI(model="gpt-4o-mini", timeout=60)
    | StrOutputParser()
)


class Narrator:
    def __init__(self, chain):
        self.chain = chain
        self.open = 0

    async def tell(self, hero):
        self.open += 1
        try:
            async for piece in self.chain.astream({"hero": hero}):
                yield f"data: {piece}\n\n"
        finally:
            self.open -= 1
        yield "data: [DONE]\n\n"


narrator = Narrator(story)


async def tell(request: Request):
    body = await request.json()
    return StreamingResponse(narrator.tell(body["hero"]), media_type="text/event-stream")


async def health(request: Request):
    return JSONResponse({"open": narrator.open})


app = Starlette(routes=[Route("/story", tell, methods=["POST"]), Route("/health", health)])

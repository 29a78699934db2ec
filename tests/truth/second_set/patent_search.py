"""Patent search: ranks the shelf by similarity before the model reads the best three."""

import math
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

WIDTH = 64
chain = (
    ChatPromptTemplate.from_template("Prior art:\n{prior}\n\nIs this new? {claim}")
    | ChatOpenAI(model="gpt-4o", timeout=60)
    | StrOutputParser()
)


def embed(text: str) -> list[float]:
    vector = [0.0] * WIDTH
    for word in re.findall(r"\w+", text.lower()):
        vector[hash(word) % WIDTH] += 1.0
    return vector


def cosine(a: list[float], b: list[float]) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    norm = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(y * y for y in b))
    return dot / norm if norm else 0.0


class Shelf:
    def __init__(self, size: int) -> None:
        draw = random.Random(7)
        self.patents = [(f"EP{number:07}", [draw.random() for _ in range(WIDTH)]) for number in range(size)]

    def best(self, claim: str, count: int = 3) -> list[str]:
        wanted = embed(claim)
        ranked = sorted(self.patents, key=lambda patent: cosine(wanted, patent[1]), reverse=True)
        return [name for name, _ in ranked[:count]]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.shelf = Shelf(4000)
    yield


app = FastAPI(lifespan=lifespan)


class Claim(BaseModel):
    text: str


@app.post("/novelty")
async def novelty(claim: Claim, request: Request) -> dict[str, str]:
    prior = request.app.state.shelf.best(claim.text)
    return {"opinion": await chain.ainvoke({"prior": "\n".join(prior), "claim": claim.text})}

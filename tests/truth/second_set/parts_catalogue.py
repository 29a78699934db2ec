"""Spare parts: suppliers send their catalogue as text; it is read anew for each enquiry, off the loop."""

import asyncio
import json
from decimal import Decimal
from typing import Any

from fastapi import FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, TypeAdapter, field_validator


class Part(BaseModel):
    number: str
    price: Decimal
    tags: list[str]

    @field_validator("number")
    @classmethod
    def normalise(cls, value: str) -> str:
        letters = [letter.upper() for letter in value if letter.isalnum()]
        check = sum(ord(letter) * position for position, letter in enumerate(letters, 1)) % 97
        return f"{''.join(letters)}-{check:02}"


def make_feed(size: int) -> str:
    rows = [
        {"number": f"ax-{n:06}-z", "price": f"{n / 7:.2f}", "tags": ["brake", f"t{n % 9}"]}
        for n in range(size)
    ]
    return json.dumps(rows)


FEED = make_feed(6000)
PARTS = TypeAdapter(list[Part])
chain = (
    ChatPromptTemplate.from_template("Parts on offer:\n{parts}\n\nThe garage asks: {text}")
    | ChatOpenAI(model="gpt-4o-mini", timeout=30)
    | StrOutputParser()
)


def cheapest(feed: str, count: int) -> list[Part]:
    parts = PARTS.validate_json(feed)
    return sorted(parts, key=lambda part: part.price)[:count]


class Enquiry(BaseModel):
    text: str


app = FastAPI()


@app.post("/parts")
async def parts(enquiry: Enquiry) -> dict[str, Any]:
    found = await asyncio.to_thread(cheapest, FEED, 5)
    listing = "\n".join(f"{part.number} {part.price}" for part in found)
    return {"answer": await chain.ainvoke({"parts": listing, "text": enquiry.text})}

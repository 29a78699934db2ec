"""Advice for farmers: an async chain behind a plain endpoint."""

import asyncio

from fastapi import APIRouter, FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

model = ChatOpenAI(model="gpt-4o-mini", timeout=30)
soil = ChatPromptTemplate.from_template("What does {crop} need from the soil?") | model | StrOutputParser()
water = ChatPromptTemplate.from_template("How much water does {crop} need?") | model | StrOutputParser()
both = RunnableParallel(soil=soil, water=water)


class Field(BaseModel):
    crop: str
    farmer: str = "anonymous"


async def prepare(field: Field) -> dict[str, str]:
    parts = await both.ainvoke({"crop": f"{field.crop} of {field.farmer}"})
    return {"crop": field.crop, **parts}


api = APIRouter(prefix="/v1")


@api.post("/advice")
def advice(field: Field) -> dict[str, str]:
    return asyncio.run(prepare(field))


app = FastAPI()
app.include_router(api)

"""Union hotline: a chain that was written for scripts, called from an async service."""

import asyncio

from fastapi import FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

model = ChatOpenAI(model="gpt-4o-mini", timeout=60)
topic_of = ChatPromptTemplate.from_template("One word for the topic of: {text}") | model | StrOutputParser()
advice = ChatPromptTemplate.from_template("Labour law on {topic}: {text}") | model | StrOutputParser()


def advise(text: str) -> str:
    topic = topic_of.invoke({"text": text})
    return advice.invoke({"topic": topic, "text": text})


hotline = RunnableLambda(advise)
app = FastAPI()


class Call(BaseModel):
    text: str


@app.post("/advise")
async def handle(call: Call) -> dict[str, str]:
    return {"advice": await asyncio.to_thread(hotline.invoke, call.text)}

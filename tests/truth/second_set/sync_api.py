"""Small synchronous service: questions about opening hours."""

import time
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI, Request
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Question(BaseModel):
    q: str


class Hours:
    """Opening hours from the shop's old database."""

    def of(self, shop):
        time.sleep(0.03)
        return f"{shop}: Monday to Saturday, nine to six"


class Desk:
    def __init__(self):
        self.hours = Hours()
        self.chain = (
            ChatPromptTemplate.from_template("{hours}\n{q}")
            | ChatOpenAI(model="gpt-4o-mini")
            | StrOutputParser()
        )

    def reply(self, q):
        return self.chain.invoke({"q": q, "hours": self.hours.of("Main street")})


@asynccontextmanager
async def lifespan(app: FastAPI):
    anyio.to_thread.current_default_thread_limiter().total_tokens = 150
    app.state.desk = Desk()
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/hours")
def hours(question: Question, request: Request):
    started = time.perf_counter()
    answer = request.app.state.desk.reply(question.q)
    return {"answer": answer, "took_s": round(time.perf_counter() - started, 3)}

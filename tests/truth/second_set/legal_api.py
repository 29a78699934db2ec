"""Legal information: a question is sorted first and answered from the statutes then."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field


@dataclass(frozen=True)
class Settings:
    model: str = "gpt-4o-mini"
    worker_memory_mb: int = 96
    memory_mb: int = 640

    @property
    def workers(self):
        return self.memory_mb // self.worker_memory_mb


settings = Settings()


class Question(BaseModel):
    q: str = Field(min_length=1)


class Statutes:
    def __init__(self):
        llm = ChatOpenAI(model=settings.model, temperature=0)
        self.sort = ChatPromptTemplate.from_template("Field of law of: {q}") | llm | StrOutputParser()
        self.reply = (
            ChatPromptTemplate.from_template("Field: {field}. Answer from the statutes: {q}")
            | llm
            | StrOutputParser()
        )

    def answer(self, q, field):
        return self.reply.invoke({"q": q, "field": field[:40]})


statutes = Statutes()
router = APIRouter()


async def field_of_law(question: Question) -> str:
    return await statutes.sort.ainvoke({"q": question.q})


@router.post("/answer")
def answer(question: Question, field: Annotated[str, Depends(field_of_law)]):
    return {"field": field, "answer": statutes.answer(question.q, field)}


@asynccontextmanager
async def lifespan(_app):
    anyio.to_thread.current_default_thread_limiter().total_tokens = settings.workers
    yield


app = FastAPI(lifespan=lifespan)
app.include_router(router)

"""A service with one endpoint.  `broken` defines it with `def`: each request holds one of the server's 40 threads."""

from __future__ import annotations

from fastapi import FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

PROMPT = ChatPromptTemplate.from_messages(
    [("system", "You are the help desk of a lamp shop."), ("human", "{text}")]
)
chain = PROMPT | ChatOpenAI(model="gpt-4o", temperature=0) | StrOutputParser()
broken = FastAPI()
fixed = FastAPI()


class Mail(BaseModel):
    text: str


@broken.post("/reply")
def reply_in_thread(mail: Mail) -> dict[str, str]:
    return {"reply": chain.invoke({"text": mail.text})}


@fixed.post("/reply")
async def reply(mail: Mail) -> dict[str, str]:
    return {"reply": await chain.ainvoke({"text": mail.text})}

"""Support triage behind FastAPI: classify, then draft; patient with a busy provider."""

from fastapi import FastAPI, HTTPException
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

primary = ChatOpenAI(model="gpt-4o-mini", max_retries=4, timeout=30)
backup = ChatOpenAI(model="gpt-4o", max_retries=1, timeout=30)
model = primary.with_retry(stop_after_attempt=2).with_fallbacks([backup])

classify = (
    ChatPromptTemplate.from_template("Classify this ticket as billing, outage or other: {ticket}")
    | model
    | StrOutputParser()
)
draft = (
    ChatPromptTemplate.from_template("Ticket ({kind}): {ticket}\nDraft a reply.") | model | StrOutputParser()
)


class Ticket(BaseModel):
    text: str


app = FastAPI(title="Triage")


@app.post("/triage")
async def triage(ticket: Ticket) -> dict[str, str]:
    kind = await classify.ainvoke({"ticket": ticket.text})
    if not kind:
        raise HTTPException(422, "cannot be classified")
    reply = await draft.ainvoke({"ticket": ticket.text, "kind": kind})
    return {"kind": kind, "reply": reply}

"""Dossier endpoint: context is fetched while the outline is written."""

import asyncio
from collections import deque

from fastapi import BackgroundTasks, FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

llm = ChatOpenAI(model="gpt-4o-mini")
outline = ChatPromptTemplate.from_template("Outline: {subject}") | llm | StrOutputParser()
context = ChatPromptTemplate.from_template("Background: {subject}") | llm | StrOutputParser()
merge = ChatPromptTemplate.from_template("{outline}\n{context}\nMerge.") | llm | StrOutputParser()


class Subject(BaseModel):
    subject: str


class Journal:
    def __init__(self):
        self.rows = deque(maxlen=1000)

    async def note(self, subject, size):
        await asyncio.sleep(0.01)
        self.rows.append((subject, size))


journal = Journal()
app = FastAPI()


async def archive_note(subject):
    await asyncio.sleep(0.2)
    return f"archive: nothing on {subject}"


@app.post("/dossier")
async def dossier(body: Subject, background: BackgroundTasks):
    archived = asyncio.create_task(archive_note(body.subject))
    behind = asyncio.create_task(context.ainvoke({"subject": body.subject}))
    front = await outline.ainvoke({"subject": body.subject})
    text = await merge.ainvoke({"outline": front, "context": await behind})
    background.add_task(journal.note, body.subject, len(text))
    return {"dossier": text, "archive": await archived}

"""Veterinary clinic: one conversation at a time per patient, and a careful, slow model."""

import asyncio
from collections import defaultdict

from fastapi import BackgroundTasks, FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

chain = (
    ChatPromptTemplate.from_template("Animal {animal}. The owner reports: {symptoms}\nWhat should be done?")
    | ChatOpenAI(model="o3-mini", timeout=120)
    | StrOutputParser()
)


class Records:
    def __init__(self) -> None:
        self.locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.visits: dict[str, int] = {}

    def note(self, animal: str) -> None:
        self.visits[animal] = self.visits.get(animal, 0) + 1


class Visit(BaseModel):
    animal: str
    symptoms: str


records = Records()
app = FastAPI(title="Clinic")


@app.post("/visit")
async def visit(visit: Visit, after: BackgroundTasks) -> dict[str, str]:
    async with records.locks[visit.animal]:
        advice = await chain.ainvoke({"animal": visit.animal, "symptoms": visit.symptoms})
        after.add_task(records.note, visit.animal)
    return {"advice": advice}

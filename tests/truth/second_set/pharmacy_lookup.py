"""Pharmacy assistant: interactions come from a vendor's library, with a bound on how long we wait for it."""

import asyncio
import itertools
import logging
import time

from fastapi import FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

log = logging.getLogger("pharmacy")
PATIENCE_S = 0.5
app = FastAPI(title="Pharmacy assistant")
chain = (
    ChatPromptTemplate.from_template("Known interactions: {interactions}\nPatient takes {drugs}. Advise.")
    | ChatOpenAI(model="gpt-4o", timeout=30)
    | StrOutputParser()
)


class InteractionDatabase:
    """The vendor's client: blocking, and its server takes its time for rare substances."""

    def __init__(self) -> None:
        self.calls = itertools.count(1)

    def interactions(self, drugs: list[str]) -> list[str]:
        is_rare = next(self.calls) % 2 == 0
        time.sleep(3.0 if is_rare else 0.05)
        return [f"{drug}: take with food" for drug in drugs]


database = InteractionDatabase()


class Prescription(BaseModel):
    patient: str
    drugs: list[str]


async def known_interactions(drugs: list[str]) -> list[str]:
    try:
        return await asyncio.wait_for(asyncio.to_thread(database.interactions, drugs), PATIENCE_S)
    except TimeoutError:
        log.info("no interactions in time for %s", drugs)
        return ["unknown"]


@app.post("/advice")
async def advice(prescription: Prescription) -> dict[str, str]:
    interactions = await known_interactions(prescription.drugs)
    text = await chain.ainvoke(
        {"interactions": "; ".join(interactions), "drugs": ", ".join(prescription.drugs)}
    )
    return {"patient": prescription.patient, "advice": text}

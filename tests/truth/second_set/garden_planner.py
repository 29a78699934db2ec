"""Garden planner: plain endpoints, a generous limiter, a thread-safe cache of plant data."""

import functools
import threading
import time

from fastapi import FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

limiter = InMemoryRateLimiter(requests_per_second=500, check_every_n_seconds=0.01, max_bucket_size=500)
plan = (
    ChatPromptTemplate.from_template("A bed of {plants} in {month}: {facts}\nPlan it.")
    | ChatOpenAI(model="gpt-4o-mini", timeout=60, rate_limiter=limiter)
    | StrOutputParser()
)


class Almanac:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reads = 0

    @functools.lru_cache(maxsize=64)
    def facts(self, plant: str) -> str:
        time.sleep(0.05)
        return f"{plant}: full sun, sow in April"

    def read(self, plants: list[str]) -> str:
        with self.lock:
            self.reads += len(plants)
            return "; ".join(self.facts(plant) for plant in plants)


almanac = Almanac()
app = FastAPI()


class Bed(BaseModel):
    plants: list[str]
    month: str = "May"


@app.post("/plan")
def make_plan(bed: Bed) -> dict[str, str]:
    facts = almanac.read(bed.plants)
    return {"plan": plan.invoke({"plants": ", ".join(bed.plants), "month": bed.month, "facts": facts})}

"""Freight quotes: the carrier's interface stumbles often, so calls to it are repeated."""

import itertools

from fastapi import FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed


class CarrierBusyError(Exception):
    pass


class Carrier:
    def __init__(self) -> None:
        self.calls = itertools.count(1)

    def rate(self, route: str, kilos: int) -> float:
        if next(self.calls) % 2:
            raise CarrierBusyError(route)
        return 1.15 * kilos + len(route)


carrier = Carrier()
quote = (
    ChatPromptTemplate.from_template("A quote for {kilos} kg on {route}: {rate} euros. Write it up.")
    | ChatOpenAI(model="gpt-4o-mini", timeout=30)
    | StrOutputParser()
)


@retry(retry=retry_if_exception_type(CarrierBusyError), stop=stop_after_attempt(5), wait=wait_fixed(0.1))
def carrier_rate(route: str, kilos: int) -> float:
    return carrier.rate(route, kilos)


class Freight(BaseModel):
    route: str
    kilos: int


app = FastAPI()


@app.post("/quote")
async def make_quote(freight: Freight) -> dict[str, str]:
    rate = carrier_rate(freight.route, freight.kilos)
    return {"quote": await quote.ainvoke({"route": freight.route, "kilos": freight.kilos, "rate": rate})}

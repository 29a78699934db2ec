"""Quotes for the car ferry, with the tokens of each quote on the invoice."""

from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, FastAPI, Request
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import LLMResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Enquiry(BaseModel):
    vehicle: str
    port: str = "Harlingen"


class Meter(AsyncCallbackHandler):
    def __init__(self, quote: str) -> None:
        self.quote = quote
        self.open = True
        self.tokens = 0

    async def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        if self.open:
            self.tokens += (response.llm_output or {}).get("token_usage", {}).get("total_tokens", 0)
            self.open = False


class Office:
    def __init__(self) -> None:
        deck = ChatPromptTemplate.from_template("Which deck suits {vehicle}?") | ChatOpenAI(
            model="gpt-4o-mini"
        )
        price = ChatPromptTemplate.from_template("Price of {vehicle} from {port} on {deck}")
        self.meters: list[Meter] = []
        self.chain = (
            RunnablePassthrough.assign(deck=deck | StrOutputParser())
            | price
            | ChatOpenAI(model="gpt-4o-mini", temperature=0)
            | StrOutputParser()
        ).with_config(callbacks=self.meters)

    def metered(self) -> Meter:
        meter = Meter(uuid4().hex)
        self.meters.append(meter)
        return meter


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.office = Office()
    yield


def office(request: Request) -> Office:
    return request.app.state.office


async def meter(place: Annotated[Office, Depends(office)]) -> Meter:
    return place.metered()


router = APIRouter(prefix="/quotes")


@router.post("")
async def quote(
    enquiry: Enquiry, place: Annotated[Office, Depends(office)], counted: Annotated[Meter, Depends(meter)]
) -> dict[str, str | int]:
    text = await place.chain.ainvoke(enquiry.model_dump())
    return {"quote": counted.quote, "text": text, "tokens": counted.tokens}


app = FastAPI(lifespan=lifespan)
app.include_router(router)

"""A freight forwarder's offer: a quote for every leg a carrier could take, then the best of them."""

import operator
from typing import Annotated, TypedDict

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

PORTS = ["Antwerp", "Gdansk", "Valencia", "Piraeus", "Bremerhaven"]
CARRIERS = ["Norden", "Alba", "Tern", "Osprey"]

model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
quote_prompt = ChatPromptTemplate.from_template("Quote of carrier {carrier} via {port} for: {shipment}")
choose_prompt = ChatPromptTemplate.from_template("Choose the best quote for {shipment}:\n\n{quotes}")


class Offer(TypedDict, total=False):
    shipment: str
    quotes: Annotated[list[str], operator.add]
    offer: str


class Leg(TypedDict):
    shipment: str
    port: str
    carrier: str


def plan_legs(state: Offer) -> list[Send]:
    return [
        Send("quote", {"shipment": state["shipment"], "port": port, "carrier": carrier})
        for port in PORTS
        for carrier in CARRIERS
    ]


async def quote(leg: Leg) -> Offer:
    answer = await (quote_prompt | model).ainvoke(leg)
    return {"quotes": [f"{leg['carrier']} via {leg['port']}: {answer.content}"]}


async def choose(state: Offer) -> Offer:
    quotes = "\n".join(quote[:60] for quote in state["quotes"])
    answer = await (choose_prompt | model).ainvoke({"shipment": state["shipment"], "quotes": quotes})
    return {"offer": answer.content}


builder = StateGraph(Offer)
builder.add_node("quote", quote)
builder.add_node("choose", choose)
builder.add_conditional_edges(START, plan_legs, ["quote"])
builder.add_edge("quote", "choose")
builder.add_edge("choose", END)
forwarder = builder.compile(name="forwarder")

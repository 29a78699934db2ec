"""Apiary inspection: hives are looked at in parallel, and the remarks are condensed until they fit on the card."""

import operator
from typing import Annotated, TypedDict

import anyio
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

HIVES = ("north", "middle", "south")
CARD = 120
lanes = anyio.CapacityLimiter(120)


class Round(TypedDict, total=False):
    keeper: str
    remarks: Annotated[list[str], operator.add]
    card: str


class Visit(TypedDict):
    keeper: str
    hive: str


llm = ChatOpenAI(model="gpt-4o-mini", max_retries=2)
inspect = (
    ChatPromptTemplate.from_template("Hive {hive} of {keeper}: what to look for?") | llm | StrOutputParser()
)


def halves(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    middle = len(text) // 2
    return halves(text[:middle].strip(), room)


async def visit(state: Visit) -> Round:
    async with lanes:
        return {"remarks": [await inspect.ainvoke(state)]}


async def condense(state: Round) -> Round:
    return {"card": halves(" / ".join(state["remarks"]), CARD)}


def each_hive(state: Round) -> list[Send]:
    return [Send("visit", {"keeper": state["keeper"], "hive": hive}) for hive in HIVES]


def build():
    graph = StateGraph(Round)
    graph.add_node("visit", visit)
    graph.add_node("condense", condense)
    graph.add_conditional_edges(START, each_hive, ["visit"])
    graph.add_edge("visit", "condense")
    graph.add_edge("condense", END)
    return graph.compile()

"""Genome notes: the nearest notes by embedding, computed with numpy in an async node."""

from typing import Any, TypedDict

import numpy as np
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph

RNG = np.random.default_rng(3)
NOTES = RNG.standard_normal((40_000, 96))


class Lookup(TypedDict, total=False):
    question: str
    nearest: list[int]
    answer: str


def embed(text: str) -> "np.ndarray[Any, Any]":
    seed = np.frombuffer(text.encode().ljust(96, b" ")[:96], dtype=np.uint8)
    return seed.astype(float) / 255


def rank(question: str, count: int = 5) -> list[int]:
    distance = np.sqrt(((NOTES - embed(question)) ** 2).sum(axis=1))
    return [int(place) for place in np.argsort(distance)[:count]]


async def retrieve(state: Lookup) -> Lookup:
    return {"nearest": rank(state["question"])}


answer_from = ChatPromptTemplate.from_template("Notes {nearest} say so. {question}") | ChatOpenAI(
    model="gpt-4o", timeout=60
)


async def respond(state: Lookup) -> Lookup:
    reply = await answer_from.ainvoke(state)
    return {"answer": str(reply.content)}


graph = StateGraph(Lookup)
graph.add_node("retrieve", retrieve)
graph.add_node("respond", respond)
graph.add_edge(START, "retrieve")
graph.add_edge("retrieve", "respond")
graph.add_edge("respond", END)
notes = graph.compile()

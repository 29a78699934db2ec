"""Reads many reviews, each in a task of its own, then writes a verdict.  `fixed` reads several in a task."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

REVIEWS = tuple(f"Review {number}: the lamp is bright, the cord is short." for number in range(20))


class ReviewState(TypedDict, total=False):
    lamp: str
    pack: str
    notes: Annotated[list[str], operator.add]
    verdict: str


def make_graph(reviews_a_call: int) -> Any:
    model = ChatOpenAI(model="gpt-4o-mini", temperature=0, max_retries=6)
    packs = ["\n".join(REVIEWS[at : at + reviews_a_call]) for at in range(0, len(REVIEWS), reviews_a_call)]

    def spread(state: ReviewState) -> list[Send]:
        return [Send("read", {"lamp": state["lamp"], "pack": pack}) for pack in packs]

    async def read(state: ReviewState) -> ReviewState:
        note = await model.ainvoke(f"What do they say of {state['lamp']}?\n\n{state['pack']}")
        return {"notes": [str(note.content)]}

    async def conclude(state: ReviewState) -> ReviewState:
        answer = await model.ainvoke("Conclude in a sentence:\n\n" + "\n".join(state["notes"]))
        return {"verdict": str(answer.content)}

    graph = StateGraph(ReviewState)
    graph.add_node("read", read)
    graph.add_node("conclude", conclude)
    graph.add_conditional_edges(START, spread, ["read"])
    graph.add_edge("read", "conclude")
    graph.add_edge("conclude", END)
    return graph.compile()


broken = make_graph(reviews_a_call=1)
fixed = make_graph(reviews_a_call=10)

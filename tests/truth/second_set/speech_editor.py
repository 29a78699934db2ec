"""Speeches for the mayor: drafted, then revised in a sub-graph until they read well."""

from typing import TypedDict

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph

ENOUGH = 3


class Revision(TypedDict, total=False):
    draft: str
    remarks: str
    rounds: int


class Speech(TypedDict, total=False):
    occasion: str
    draft: str
    rounds: int
    verdict: str


llm = ChatOpenAI(model="gpt-4o-mini")


def ask(template: str):
    return ChatPromptTemplate.from_template(template) | llm | StrOutputParser()


first, remark, rework, judge = map(
    ask,
    (
        "A short speech for {occasion}.",
        "What is weak in this speech? {draft}",
        "Revise: {draft}\nRemarks: {remarks}",
        "Say READY when this can be read aloud: {draft}",
    ),
)


async def criticise(state: Revision) -> Revision:
    return {"remarks": await remark.ainvoke({"draft": state["draft"]})}


async def revise(state: Revision) -> Revision:
    text = await rework.ainvoke({"draft": state["draft"], "remarks": state["remarks"]})
    return {"draft": text[:400], "rounds": state.get("rounds", 0) + 1}


inner = StateGraph(Revision)
inner.add_sequence([("criticise", criticise), ("revise", revise)])
inner.add_edge(START, "criticise")
revision = inner.compile()


async def draft(state: Speech) -> Speech:
    return {"draft": (await first.ainvoke({"occasion": state["occasion"]}))[:400]}


async def polish(state: Speech) -> Speech:
    outcome = await revision.ainvoke({"draft": state["draft"]})
    return {"draft": outcome["draft"]}


async def listen(state: Speech) -> Speech:
    return {"verdict": await judge.ainvoke({"draft": state["draft"]})}


def onward(state: Speech) -> str:
    if state.get("rounds", 0) >= ENOUGH or state["verdict"].startswith("READY"):
        return END
    return "polish"


def build():
    graph = StateGraph(Speech)
    graph.add_sequence([("draft", draft), ("polish", polish), ("listen", listen)])
    graph.add_edge(START, "draft")
    graph.add_conditional_edges("listen", onward, ["polish", END])
    return graph.compile().with_config(recursion_limit=5000)

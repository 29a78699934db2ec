"""Evaluates a survey: every question on its own, then a conclusion."""

import operator
from typing import Annotated, TypedDict

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

QUESTIONS = ["How was the course?", "How were the rooms?", "Would you come again?"]


class Survey(TypedDict, total=False):
    audience: str
    findings: Annotated[list[str], operator.add]
    conclusion: str


class One(TypedDict):
    audience: str
    question: str


llm = ChatOpenAI(model="gpt-4o-mini")
evaluate_one = ChatPromptTemplate.from_template("{audience} on '{question}'") | llm | StrOutputParser()
conclude_all = ChatPromptTemplate.from_template("Conclude: {findings}") | llm | StrOutputParser()


def spread(state: Survey):
    return [Send("evaluate", {"audience": state["audience"], "question": q}) for q in QUESTIONS]


async def evaluate(one: One):
    return {"findings": [await evaluate_one.ainvoke(one)]}


async def conclude(state: Survey):
    return {"conclusion": await conclude_all.ainvoke({"findings": state["findings"]})}


def build():
    graph = StateGraph(Survey)
    graph.add_node("evaluate", evaluate)
    graph.add_node("conclude", conclude)
    graph.add_conditional_edges(START, spread, ["evaluate"])
    graph.add_edge("evaluate", "conclude")
    graph.add_edge("conclude", END)
    return graph.compile().with_config(max_concurrency=4)

"""Advice for passengers when trains fail: a subgraph finds alternatives, the graph writes the message."""

from typing import TypedDict

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

planner = ChatOpenAI(model="gpt-4o", max_retries=3)
writer = ChatOpenAI(model="gpt-4o-mini", timeout=20, max_retries=1)
plan_prompt = ChatPromptTemplate.from_template("Alternatives for this journey: {journey}")
write_prompt = ChatPromptTemplate.from_template("Write a text message of 200 characters: {routes}")


class Journey(TypedDict, total=False):
    journey: str
    routes: str
    message: str


async def find_routes(state: Journey) -> Journey:
    answer = await (plan_prompt | planner).ainvoke({"journey": state["journey"]})
    return {"routes": answer.text}


async def rank_routes(state: Journey) -> Journey:
    return {"routes": "\n".join(sorted(state["routes"].split("\n"), key=len))}


async def write_message(state: Journey) -> Journey:
    answer = await (write_prompt | writer).ainvoke({"routes": state["routes"]})
    return {"message": answer.text}


alternatives = StateGraph(Journey)
alternatives.add_node("find_routes", find_routes)
alternatives.add_node("rank_routes", rank_routes)
alternatives.add_edge(START, "find_routes")
alternatives.add_edge("find_routes", "rank_routes")
alternatives.add_edge("rank_routes", END)

builder = StateGraph(Journey)
builder.add_node("alternatives", alternatives.compile())
builder.add_node("write_message", write_message)
builder.add_edge(START, "alternatives")
builder.add_edge("alternatives", "write_message")
builder.add_edge("write_message", END)
disruptions = builder.compile(checkpointer=InMemorySaver())

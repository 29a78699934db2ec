"""A box office agent as a graph: the model asks for tools, a ToolNode runs them."""

import subprocess
from typing import Annotated, TypedDict

from langchain_core.messages import AnyMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode, tools_condition


def ask_ledger(*arguments: str) -> str:
    """The ledger of the house is a program of its own."""
    done = subprocess.run(
        ["sh", "-c", 'sleep 0.12; echo "row $1"', "ledger", *arguments], capture_output=True, text=True
    )
    return done.stdout.strip()


@tool
async def free_seats(play: str, evening: str = "tonight") -> str:
    """Seats that are still free for a play."""
    return ask_ledger(play, evening)


@tool
async def prices(play: str) -> str:
    """What the seats for a play cost."""
    return f"{play}: stalls 40, balcony 18"


tools = [free_seats, prices]
model = ChatOpenAI(model="gpt-4o-mini").bind_tools(tools)


class Counter(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


async def clerk(counter: Counter) -> Counter:
    return {"messages": [await model.ainvoke(counter["messages"])]}


builder = StateGraph(Counter)
builder.add_node("clerk", clerk)
builder.add_node("tools", ToolNode(tools))
builder.add_edge(START, "clerk")
builder.add_conditional_edges("clerk", tools_condition)
builder.add_edge("tools", "clerk")
box_office = builder.compile()

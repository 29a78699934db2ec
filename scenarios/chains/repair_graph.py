"""Talks a customer through a repair, with a checkpointer.  `broken` sends the whole thread with every turn."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import BaseMessage, SystemMessage
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph

SYSTEM = SystemMessage("You talk customers through the repair of a lamp, step by step.")


def make_graph(most_messages: int | None) -> Any:
    """most_messages: that the model is sent; None: all of the thread."""
    model = ChatOpenAI(model="gpt-4o-mini", temperature=0)

    async def advise(state: MessagesState) -> dict[str, list[BaseMessage]]:
        thread = state["messages"] if most_messages is None else state["messages"][-most_messages:]
        return {"messages": [await model.ainvoke([SYSTEM, *thread])]}

    graph = StateGraph(MessagesState)
    graph.add_node("advise", advise)
    graph.add_edge(START, "advise")
    graph.add_edge("advise", END)
    return graph.compile(checkpointer=InMemorySaver())


broken = make_graph(None)
fixed = make_graph(5)

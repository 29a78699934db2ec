"""Book-keeping agent: invoice numbers come without gaps from a counter file."""

import contextlib
import fcntl
import os
import tempfile
import time

from langchain_core.messages import SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

COUNTER = os.path.join(tempfile.mkdtemp(prefix="invoices-"), "counter")


class CounterFile:
    def __init__(self, path, mirror_s=0.12):
        self.path = path
        self.mirror_s = mirror_s

    @contextlib.contextmanager
    def exclusive(self):
        with open(self.path, "a+") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield handle
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)

    def next(self):
        with self.exclusive() as handle:
            handle.seek(0)
            number = int(handle.read() or 0) + 1
            handle.truncate(0)
            handle.write(str(number))
            handle.flush()
            self.mirror(number)
        return number

    def mirror(self, number):
        time.sleep(self.mirror_s)


counter = CounterFile(COUNTER)


@tool
def new_invoice(customer: str) -> str:
    """Open an invoice for a customer and return its number."""
    return f"invoice {counter.next():06} for {customer}"


tools = [new_invoice]
model = ChatOpenAI(model="gpt-4o-mini").bind_tools(tools)


async def clerk(state: MessagesState):
    reply = await model.ainvoke([SystemMessage("You keep the books."), *state["messages"]])
    return {"messages": [reply]}


def make_graph():
    graph = StateGraph(MessagesState)
    graph.add_node("clerk", clerk)
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "clerk")
    graph.add_conditional_edges("clerk", tools_condition)
    graph.add_edge("tools", "clerk")
    return graph.compile()

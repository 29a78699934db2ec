"""A maths tutor that remembers its pupils."""

from typing import Annotated, TypedDict

from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages

SYSTEM = SystemMessage("You are a patient maths tutor. Never give the answer away at once.")
tutor = ChatOpenAI(model="gpt-4o-mini")


class Lesson(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


async def reply(lesson: Lesson) -> Lesson:
    answer = await tutor.ainvoke([SYSTEM, *lesson["messages"]])
    return {"messages": [answer]}


builder = StateGraph(Lesson)
builder.add_node("reply", reply)
builder.add_edge(START, "reply")
graph = builder.compile(checkpointer=InMemorySaver())


async def ask(question: dict) -> str:
    lesson = await graph.ainvoke(
        {"messages": [HumanMessage(question["text"])]},
        {"configurable": {"thread_id": question["pupil"]}},
    )
    return lesson["messages"][-1].text


lessons = RunnableLambda(ask)

"""Homework checker: a graph that runs the pupil's program before the model comments on it."""

import subprocess
import sys
from typing import TypedDict

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph


class Homework(TypedDict, total=False):
    pupil: str
    program: str
    output: str
    comment: str


comment_on = ChatPromptTemplate.from_template(
    "{pupil} wrote:\n{program}\nIt printed:\n{output}\nComment kindly."
) | ChatOpenAI(model="gpt-4o-mini", timeout=30)


def run_program(source: str) -> str:
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", source], capture_output=True, text=True, timeout=5, check=False
    )
    return done.stdout or done.stderr


async def execute(state: Homework) -> Homework:
    return {"output": run_program(state["program"])[:2000]}


async def comment(state: Homework) -> Homework:
    reply = await comment_on.ainvoke(state)
    return {"comment": str(reply.content)}


builder = StateGraph(Homework)
builder.add_node("execute", execute)
builder.add_node("comment", comment)
builder.add_edge(START, "execute")
builder.add_edge("execute", "comment")
builder.add_edge("comment", END)
checker = builder.compile()

"""Thank-you letters to donors, with a few words about what the donation did."""

import asyncio
from typing import TypedDict

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph

model = ChatOpenAI(model="gpt-4o-mini")
thanks = ChatPromptTemplate.from_template("Thank the donor warmly, in three sentences: {donor}") | model
impact = ChatPromptTemplate.from_template("What did a gift of this size achieve last year? {donor}") | model

running: set[asyncio.Task] = set()


class Letter(TypedDict, total=False):
    donor: str
    impact: dict
    thanks: str
    letter: str


async def research(letter: Letter) -> Letter:
    found: dict = {}

    async def fill() -> None:
        figures = await impact.ainvoke({"donor": letter["donor"]})
        story = await impact.ainvoke({"donor": f"{letter['donor']} (as a story, from: {figures.content})"})
        found["text"] = story.content

    task = asyncio.create_task(fill())
    running.add(task)
    task.add_done_callback(running.discard)
    return {"impact": found}


async def thank(letter: Letter) -> Letter:
    answer = await thanks.ainvoke({"donor": letter["donor"]})
    return {"thanks": answer.content}


async def assemble(letter: Letter) -> Letter:
    return {"letter": f"{letter['thanks']}\n\n{letter['impact'].get('text', '')}\n\nYours, the team"}


builder = StateGraph(Letter)
builder.add_node("research", research)
builder.add_node("thank", thank)
builder.add_node("assemble", assemble)
builder.add_edge(START, "research")
builder.add_edge("research", "thank")
builder.add_edge("thank", "assemble")
builder.add_edge("assemble", END)
letters = builder.compile()

"""Drafts a claim and has an examiner look at it until the examiner is content."""

from typing import Literal, TypedDict

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph

drafter = ChatPromptTemplate.from_template(
    "Draft one patent claim for: {invention}\n\nThe examiner's objections: {objections}"
) | ChatOpenAI(model="gpt-4o", temperature=0.4)
examiner = ChatPromptTemplate.from_template(
    "Is this claim new and inventive? Say ALLOWED, or object.\n\n{claim}"
) | ChatOpenAI(model="gpt-4o-mini", temperature=0)


class Application(TypedDict, total=False):
    invention: str
    claim: str
    objections: str


async def draft(application: Application) -> Application:
    answer = await drafter.ainvoke({"objections": "none yet", **application})
    return {"claim": answer.content}


async def examine(application: Application) -> Application:
    answer = await examiner.ainvoke({"claim": application["claim"]})
    return {"objections": answer.content}


def decide(application: Application) -> Literal["draft", "__end__"]:
    return END if application["objections"].strip() == "ALLOWED" else "draft"


builder = StateGraph(Application)
builder.add_node("draft", draft)
builder.add_node("examine", examine)
builder.add_edge(START, "draft")
builder.add_edge("draft", "examine")
builder.add_conditional_edges("examine", decide)
office = builder.compile().with_config(recursion_limit=500)

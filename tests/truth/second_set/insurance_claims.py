"""Claims are assessed in batches.  The assessor is an async library; the graph of the back office is not."""

import asyncio
import threading
from typing import TypedDict

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph


class AssessorThread:
    """Runs the async assessor on a loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="assessor", daemon=True)
        self._thread.start()
        prompt = ChatPromptTemplate.from_template("Assess the claim. Is it covered?\n\n{claim}")
        self._assessor = prompt | ChatOpenAI(model="gpt-4o-mini")

    def assess(self, claim: str) -> str:
        future = asyncio.run_coroutine_threadsafe(self._assessor.ainvoke({"claim": claim}), self._loop)
        return future.result(timeout=60).content


assessor = AssessorThread()


class Claim(TypedDict, total=False):
    text: str
    policy: str
    assessment: str
    letter: str


def find_policy(claim: Claim) -> Claim:
    return {"policy": f"P-{sum(claim['text'].encode()) % 9000 + 1000}"}


def assess(claim: Claim) -> Claim:
    return {"assessment": assessor.assess(f"{claim['policy']}: {claim['text']}")}


async def write_letter(claim: Claim) -> Claim:
    return {"letter": f"Dear customer, regarding {claim['policy']}: {claim['assessment']}"}


builder = StateGraph(Claim)
builder.add_node("find_policy", find_policy)
builder.add_node("assess", assess)
builder.add_node("write_letter", write_letter)
builder.add_edge(START, "find_policy")
builder.add_edge("find_policy", "assess")
builder.add_edge("assess", "write_letter")
builder.add_edge("write_letter", END)
claims = builder.compile(name="claims")

"""Claims desk: two model calls; the request's particulars travel beside the chain."""

from contextvars import ContextVar

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

particulars: ContextVar[dict] = ContextVar("particulars", default={})
model = ChatOpenAI(model="gpt-4o-mini")


def remember(**values):
    particulars.get().update(values)


def recall(name):
    return particulars.get()[name]


class Step:
    instruction = ""

    def person(self):
        return recall("claimant")

    async def __call__(self, text):
        reply = await model.ainvoke([SystemMessage(self.instruction), HumanMessage(self.compose(text))])
        return reply.text

    def compose(self, text):
        return text


class Assess(Step):
    instruction = "Assess the damage in one paragraph."


class Notify(Step):
    instruction = "Write a note to the claimant."

    def compose(self, text):
        return f"Claimant {self.person()}, assessment: {text}"


async def open_claim(claim: dict) -> str:
    remember(claimant=claim["claimant"], channel="letter")
    return claim["damage"]


assess, notify = Assess(), Notify()
claims = RunnableLambda(open_claim) | RunnableLambda(assess.__call__) | RunnableLambda(notify.__call__)

"""Essay coach: writes, lets a strict reader comment, rewrites."""

from dataclasses import dataclass, field

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

SATISFIED = "NO FURTHER REMARKS"


@dataclass
class Draft:
    topic: str
    text: str = ""
    remarks: str = ""
    seen: set[str] = field(default_factory=set)


class Coach:
    def __init__(self):
        model = ChatOpenAI(model="gpt-4o-mini")
        self.write = (
            ChatPromptTemplate.from_template("Essay on {topic}. Mind these remarks: {remarks}")
            | model
            | StrOutputParser()
        )
        self.read = (
            ChatPromptTemplate.from_template("Comment, or say " + SATISFIED + ":\n{text}")
            | model
            | StrOutputParser()
        )

    def satisfied(self, draft):
        return draft.remarks.strip().upper() == SATISFIED

    async def revise(self, draft: Draft) -> Draft:
        draft.text = await self.write.ainvoke({"topic": draft.topic, "remarks": draft.remarks})
        draft.remarks = await self.read.ainvoke({"text": draft.text})
        draft.seen.add(draft.remarks)
        if self.satisfied(draft):
            return draft
        return await self.revise(draft)

    async def start(self, inputs: dict) -> str:
        finished = await self.revise(Draft(topic=inputs["topic"]))
        return finished.text


def build():
    return RunnableLambda(Coach().start).with_config(run_name="coach")

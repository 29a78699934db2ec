"""Wire copy is edited in the voice of its desk, and the desk's word budget is kept."""

import threading
from dataclasses import dataclass, field

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
classify = (
    ChatPromptTemplate.from_template("Which desk takes this story: politics, sport or arts?\n\n{copy}")
    | model
    | StrOutputParser()
)
edit = ChatPromptTemplate.from_messages(
    [("system", "You edit wire copy. House style of the desk: {desk}"), ("human", "{copy}")]
)
rewrite = edit | model | StrOutputParser()


@dataclass
class WordBudget:
    """Words a desk may still print today."""

    left: int = 2_000_000
    printed: list[int] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    async def spend(self, story: dict) -> str:
        with self._guard:
            if self.left <= 0:
                raise RuntimeError("the paper is full")
            text = await rewrite.ainvoke(story)
            words = len(text.split())
            self.left -= words
            self.printed.append(words)
            return text


budget = WordBudget()

desk = (
    RunnablePassthrough.assign(desk=classify)
    | RunnablePassthrough.assign(text=RunnableLambda(budget.spend))
    | (lambda story: {"headline": story["text"].split(".")[0], "body": story["text"]})
)

"""Product recalls: a notice is worded while the rule book looks for formal errors."""

import asyncio
from dataclasses import asdict, dataclass

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI


@dataclass
class Notice:
    product: str
    wording: str = ""
    translation: str = ""
    objections: tuple[str, ...] = ()


class RuleBook:
    banned = ("guarantee", "harmless", "fault")

    async def objections(self, product: str) -> tuple[str, ...]:
        await asyncio.sleep(0.2)
        return tuple(word for word in self.banned if word in product.lower())


class Desk:
    def __init__(self, model: ChatOpenAI, rules: RuleBook) -> None:
        self.rules = rules
        self.wording = (
            ChatPromptTemplate.from_template("Word a recall of {product}.") | model | StrOutputParser()
        )
        self.translation = (
            ChatPromptTemplate.from_template("Recall of {product}, in French.") | model | StrOutputParser()
        )
        self.alive: set[asyncio.Task] = set()

    def begin(self, name: str, work) -> asyncio.Task:
        task = asyncio.create_task(work, name=name)
        self.alive.add(task)
        task.add_done_callback(self.alive.discard)
        return task

    async def issue(self, request: dict) -> dict:
        notice = Notice(request["product"])
        work = {
            self.begin("wording", self.wording.ainvoke(request)),
            self.begin("translation", self.translation.ainvoke(request)),
            self.begin("objections", self.rules.objections(notice.product)),
        }
        while work:
            done, work = await asyncio.wait(work, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                setattr(notice, task.get_name(), task.result())
            if not notice.objections:
                break
        return asdict(notice)


recalls = RunnableLambda(Desk(ChatOpenAI(model="gpt-4o-mini"), RuleBook()).issue)

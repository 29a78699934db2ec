"""Sorts incoming mail: a summary for the clerk and a label for the archive."""

import asyncio
import functools
from dataclasses import asdict, dataclass

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
summary = ChatPromptTemplate.from_template("Summarise: {mail}") | model | StrOutputParser()
label = ChatPromptTemplate.from_template("Label for the archive: {mail}") | model | StrOutputParser()

running: set[asyncio.Task] = set()


@dataclass
class Record:
    mail: str
    summary: str | None = None
    label: str | None = None


def concurrently(method):
    @functools.wraps(method)
    async def start(self, *args):
        task = asyncio.ensure_future(method(self, *args))
        running.add(task)
        task.add_done_callback(running.discard)

    return start


class Sorter:
    @concurrently
    async def summarise(self, record: Record):
        record.summary = await summary.ainvoke({"mail": record.mail})

    @concurrently
    async def archive(self, record: Record):
        record.label = await label.ainvoke({"mail": record.mail})

    async def handle(self, inputs: dict) -> dict:
        record = Record(mail=inputs["mail"])
        await asyncio.gather(self.summarise(record), self.archive(record))
        return asdict(record)


sorter = RunnableLambda(Sorter().handle)

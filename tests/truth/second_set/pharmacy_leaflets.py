"""Answers questions about leaflets in a pharmacy.  One dispenser serves the shop."""

import asyncio
from typing import Any

from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_openai import ChatOpenAI

LEAFLETS = {
    "ibuprofen": "Take with food. Not more than 1200 mg a day without advice.",
    "loratadine": "One tablet a day. May cause drowsiness.",
    "omeprazole": "Before a meal, for no longer than two weeks.",
}


class LeafletIndex:
    async def find(self, question: str) -> list[Document]:
        await asyncio.sleep(0.05)
        named = [name for name in LEAFLETS if name in question.lower()] or list(LEAFLETS)
        return [Document(LEAFLETS[name], metadata={"drug": name}) for name in named]


class Dispenser(Runnable[dict, str]):
    """Finds the leaflet, then answers from it."""

    def __init__(self) -> None:
        self.index = LeafletIndex()
        self.prompt = ChatPromptTemplate.from_template("Leaflets:\n{leaflets}\n\nCustomer: {question}")
        self.answer = self.prompt | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser()
        self.question = ""
        self.leaflets: list[Document] = []

    def invoke(self, input: dict, config: RunnableConfig | None = None, **kwargs: Any) -> str:
        return asyncio.run(self.ainvoke(input, config, **kwargs))

    async def ainvoke(self, input: dict, config: RunnableConfig | None = None, **kwargs: Any) -> str:
        self.question = input["question"].strip()
        self.leaflets = await self.index.find(self.question)
        return await self._explain(config)

    async def _explain(self, config: RunnableConfig | None) -> str:
        leaflets = "\n".join(
            f"{leaflet.metadata['drug']}: {leaflet.page_content}" for leaflet in self.leaflets
        )
        return await self.answer.ainvoke({"leaflets": leaflets, "question": self.question}, config)


dispenser = Dispenser()

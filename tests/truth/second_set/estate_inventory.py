"""Inventories of estates: rooms hold cupboards, cupboards hold drawers; the model writes the summary."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI
from pydantic import ConfigDict


class Place(NamedTuple):
    name: str
    worth: int
    inside: tuple[Place, ...] = ()


HOUSE = Place(
    "house",
    0,
    tuple(
        Place(room, 40, tuple(Place(f"{room} {cupboard}", 15) for cupboard in ("chest", "shelf")))
        for room in ("parlour", "study")
    ),
)


class Appraiser:
    def __init__(self, hands: int) -> None:
        self.crew = ThreadPoolExecutor(max_workers=hands, thread_name_prefix="appraiser")

    def look(self, place: Place) -> int:
        time.sleep(0.03)
        return place.worth

    def total(self, place: Place) -> int:
        return self.look(place) + sum(self.crew.map(self.total, place.inside))

    async def appraise(self, place: Place) -> int:
        return await asyncio.wrap_future(self.crew.submit(self.total, place))


class Inventory(BaseRetriever):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    appraiser: Appraiser

    def _get_relevant_documents(self, query, *, run_manager):
        return [Document(str(self.appraiser.total(HOUSE)))]

    async def _aget_relevant_documents(self, query, *, run_manager):
        worth = await self.appraiser.appraise(HOUSE)
        return [Document(f"{place.name}: part of {worth}") for place in HOUSE.inside]


summary = (
    {"items": Inventory(appraiser=Appraiser(hands=8)), "heir": RunnablePassthrough()}
    | ChatPromptTemplate.from_template("Write to {heir} about {items}")
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)

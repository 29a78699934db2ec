"""Pairs wines with dishes from a cellar that is loaded when the first guest asks."""

import asyncio
import gc
import time

import numpy as np
from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr


class Cellar(BaseRetriever):
    """Nearest bottles by a taste vector."""

    bottles: int = 4000
    _vectors: np.ndarray | None = PrivateAttr(default=None)
    _labels: list[dict] = PrivateAttr(default_factory=list)
    _loading: asyncio.Lock = PrivateAttr(default_factory=asyncio.Lock)
    _served: int = PrivateAttr(default=0)

    def _load(self) -> None:
        time.sleep(1.2)
        taste = np.random.default_rng(7)
        self._labels = [{"name": f"Cuvee {n}", "notes": ["plum", "slate"]} for n in range(self.bottles * 20)]
        self._vectors = taste.normal(size=(self.bottles, 64)).astype(np.float32)

    def _nearest(self, query: str) -> list[Document]:
        assert self._vectors is not None
        wish = np.random.default_rng(sum(query.encode())).normal(size=64).astype(np.float32)
        order = np.argsort(self._vectors @ wish)[-3:]
        return [Document(self._labels[n]["name"]) for n in order]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        if self._vectors is None:
            self._load()
        return self._nearest(query)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        if self._vectors is None:
            async with self._loading:
                if self._vectors is None:
                    await asyncio.to_thread(self._load)
        self._served += 1
        if self._served % 50 == 0:
            gc.collect()
        return self._nearest(query)


def names(bottles: list[Document]) -> str:
    return ", ".join(bottle.page_content for bottle in bottles)


pairing = (
    {"bottles": Cellar() | names, "dish": RunnablePassthrough()}
    | ChatPromptTemplate.from_template("From {bottles}: which goes with {dish}, and why?")
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)

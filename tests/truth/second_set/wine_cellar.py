"""Wine pairing: a retriever over the cellar's catalogue, with a cache in front of the slow index."""

import threading
import time
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr

INDEX_S = 0.09


class CellarIndex:
    def nearest(self, query: str) -> list[Document]:
        time.sleep(INDEX_S)
        return [Document(page_content=f"Riesling {year}, goes with {query[:20]}") for year in (2018, 2021)]


class CachedCellar(BaseRetriever):
    _index: CellarIndex = PrivateAttr(default_factory=CellarIndex)
    _cache: dict[str, list[Document]] = PrivateAttr(default_factory=dict)
    _guard: Any = PrivateAttr(default_factory=threading.Lock)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        with self._guard:
            found = self._cache.get(query)
            if found is None:
                found = self._cache[query] = self._index.nearest(query)
        return found


def as_text(documents: list[Document]) -> str:
    return "\n".join(document.page_content for document in documents)


sommelier = (
    {"bottles": CachedCellar() | as_text, "dish": RunnablePassthrough()}
    | ChatPromptTemplate.from_template("We have:\n{bottles}\nWhat goes with {dish}?")
    | ChatOpenAI(model="gpt-4o-mini", timeout=30)
    | StrOutputParser()
)

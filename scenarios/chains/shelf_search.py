"""Retrieval from memory, in many small synchronous steps.  Healthy: each has a thread for under a millisecond."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

SHELVES = {
    "reading": "Ada, Nora and Vega stand on shelf 3.",
    "garden": "Iris and Linn stand on shelf 7.",
    "office": "Ada and Linn stand on shelf 1.",
}
PROMPT = ChatPromptTemplate.from_template("{shelf}\n\nAnswer {name} politely: {question}")


class ShelfRetriever(BaseRetriever):
    """Synchronous, and done before anybody could notice."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [Document(text) for word, text in SHELVES.items() if word in query]


def first_text(documents: list[Document]) -> str:
    return documents[0].page_content if documents else "We have no such lamps."


def tidy(question: str) -> str:
    return " ".join(question.split())


gather: dict[str, Runnable[Any, Any]] = {
    "shelf": RunnableLambda(itemgetter("question")) | ShelfRetriever() | first_text,
    "name": RunnableLambda(itemgetter("name")),
    "question": RunnableLambda(itemgetter("question")) | tidy,
}
chain = gather | PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()

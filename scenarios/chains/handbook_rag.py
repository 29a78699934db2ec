"""Answers from a handbook: retrieve, then generate.  The retriever of `broken` knows only the synchronous driver."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnablePassthrough
from langchain_openai import ChatOpenAI

QUERY_S = 0.4  # that the search engine needs
PAGES = (
    "Staff who work on a public holiday may take another day off within three months.",
    "Travel by train is booked through the office; second class, first class beyond four hours.",
    "Sick leave of more than three days needs a certificate on the fourth.",
    "Laptops are replaced after four years, or when the battery holds less than two hours.",
)
PROMPT = ChatPromptTemplate.from_messages(
    [
        ("system", "Answer from the handbook only.\n\n{context}"),
        ("human", "{question}"),
    ]
)


class SearchDriver:
    """The client library of the search engine, as it blocks the thread that calls it."""

    def search(self, query: str) -> list[str]:
        time.sleep(QUERY_S)
        return rank(query)


class AsyncSearchDriver:
    """The same library's asynchronous client."""

    async def search(self, query: str) -> list[str]:
        await asyncio.sleep(QUERY_S)
        return rank(query)


def rank(query: str) -> list[str]:
    """The two pages that share most words with the query."""
    words = set(query.lower().split())
    return sorted(PAGES, key=lambda page: -len(words & set(page.lower().split())))[:2]


class HandbookRetriever(BaseRetriever):
    """Only synchronous: LangChain runs it in a thread of the event loop's default executor."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [Document(page) for page in SearchDriver().search(query)]


class AsyncHandbookRetriever(HandbookRetriever):
    """Asynchronous where it is called so: no thread is held while the search engine works."""

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [Document(page) for page in await AsyncSearchDriver().search(query)]


def join_pages(documents: list[Document]) -> str:
    return "\n\n".join(document.page_content for document in documents)


def make_chain(retriever: BaseRetriever) -> Runnable[Any, Any]:
    gather = {"context": retriever | join_pages, "question": RunnablePassthrough()}
    return gather | PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()


broken = make_chain(HandbookRetriever())
fixed = make_chain(AsyncHandbookRetriever())

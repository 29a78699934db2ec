"""Brewery labels. The balance in the laboratory has a blocking driver; there are plenty of ports for it."""

import asyncio
import contextvars
import threading
import time
from functools import partial
from multiprocessing.pool import ThreadPool
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr

tally = threading.Lock()
weighed: contextvars.ContextVar[int] = contextvars.ContextVar("weighed", default=0)


class Balance(BaseRetriever):
    ports: int = 40
    _pool: ThreadPool = PrivateAttr()
    _count: int = PrivateAttr(0)

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        self._pool = ThreadPool(self.ports)

    def _weigh(self, beer: str) -> list[Document]:
        with tally:
            self._count += 1
        time.sleep(0.08)
        return [Document(page_content=f"{beer}: {11 + len(beer) % 4} degrees Plato")]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return self._weigh(query)

    async def _aget_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        weighed.set(weighed.get() + 1)
        loop = asyncio.get_running_loop()
        result: asyncio.Future[list[Document]] = loop.create_future()
        settle = partial(loop.call_soon_threadsafe, result.set_result)
        self._pool.apply_async(self._weigh, (query,), callback=settle)
        return await result


def lines(documents: list[Document]) -> str:
    return "; ".join(document.page_content for document in documents)


label = (
    {"weights": Balance() | lines, "beer": RunnablePassthrough()}
    | ChatPromptTemplate.from_template("Label for {beer}. Laboratory: {weights}")
    | ChatOpenAI(model="gpt-4o-mini", timeout=60)
    | StrOutputParser()
)

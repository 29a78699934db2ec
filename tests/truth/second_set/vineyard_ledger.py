"""Vineyard ledger: a LangGraph that reads the harvest book and words the entry within one unit of work."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager
from typing import TypedDict

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph

SCHEMA = """
create table if not exists harvest (plot text, kilos integer);
create table if not exists remark (plot text, body text);
"""


def connect(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    database.executescript(SCHEMA)
    database.executemany(
        "insert into harvest values (?, ?)", [(f"plot {n}", 900 + n * 13) for n in range(20)]
    )
    return database


class Book:
    def __init__(self, path: str = ":memory:", copies: int = 4) -> None:
        self._shelf: asyncio.LifoQueue[sqlite3.Connection] = asyncio.LifoQueue()
        for _ in range(copies):
            self._shelf.put_nowait(connect(path))

    @asynccontextmanager
    async def unit_of_work(self):
        database = await self._shelf.get()
        database.execute("begin")
        try:
            yield database
            database.execute("commit")
        except BaseException:
            database.execute("rollback")
            raise
        finally:
            self._shelf.put_nowait(database)


class Entry(TypedDict, total=False):
    question: str
    topic: str
    answer: str


class Ledger:
    def __init__(self, book: Book, model: ChatOpenAI) -> None:
        self.book = book
        self.classify = ChatPromptTemplate.from_template("Which plot: {question}") | model | StrOutputParser()
        self.word = ChatPromptTemplate.from_template("{question} Kilos: {kilos}") | model | StrOutputParser()

    async def find(self, entry: Entry) -> Entry:
        return {"topic": await self.classify.ainvoke({"question": entry["question"]})}

    async def record(self, entry: Entry) -> Entry:
        async with self.book.unit_of_work() as database:
            (kilos,) = database.execute("select sum(kilos) from harvest").fetchone()
            text = await self.word.ainvoke({"question": entry["question"], "kilos": kilos})
            database.execute("delete from remark where plot = ?", ("all",))
            database.execute("insert into remark values (?, ?)", ("all", text))
        return {"answer": text}


def make():
    ledger = Ledger(Book(), ChatOpenAI(model="gpt-4o-mini"))
    graph = StateGraph(Entry)
    graph.add_node("find", ledger.find)
    graph.add_node("record", ledger.record)
    graph.add_edge(START, "find")
    graph.add_edge("find", "record")
    graph.add_edge("record", END)
    return graph.compile()

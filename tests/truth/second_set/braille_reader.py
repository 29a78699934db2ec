"""Answers for a refreshable Braille line, cell by cell."""

import time
from typing import Protocol

from langchain_core.output_parsers import BaseTransformOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from pydantic import ConfigDict

CELLS = {letter: chr(0x2801 + place) for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}


class Table(Protocol):
    def contract(self, text: str) -> str: ...


class LibraryTable:
    def __init__(self, grade: int) -> None:
        self.grade = grade
        self.known: dict[str, str] = {}

    def _consult(self) -> None:
        time.sleep(0.009 * self.grade)

    def contract(self, text: str) -> str:
        if text and not text.isspace():
            self._consult()
        return "".join(CELLS.get(sign, sign) for sign in text.lower())


class Cells(BaseTransformOutputParser[str]):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    table: LibraryTable

    def parse(self, text: str) -> str:
        return self.table.contract(text)

    @property
    def _type(self) -> str:
        return "cells"


def reader(grade: int = 2):
    prompt = ChatPromptTemplate.from_messages(
        [("system", "Answer in plain words for a reader of Braille."), ("user", "{question}")]
    )
    model = ChatOpenAI(model="gpt-4o-mini", streaming=True, timeout=60)
    return (prompt | model | Cells(table=LibraryTable(grade))).with_config(
        RunnableConfig(run_name="reader", tags=[f"grade-{grade}"])
    )

"""Corrects texts, in threads.  `broken` takes a lock "because the client might not be thread-safe"; it is."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

PROMPT = ChatPromptTemplate.from_template("Correct the spelling, change nothing else.\n\n{text}")


class Corrector:
    """Calls the model under a guard."""

    def __init__(self, guard: AbstractContextManager[Any]) -> None:
        self._chain = PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()
        self._guard = guard

    def correct(self, inputs: dict[str, str]) -> str:
        prepared = {"text": inputs["text"].strip()}
        with self._guard:
            return self._chain.invoke(prepared)


def make_chain(guard: AbstractContextManager[Any]) -> Runnable[Any, Any]:
    return RunnableLambda(Corrector(guard).correct)


broken = make_chain(threading.Lock())
fixed = make_chain(nullcontext())

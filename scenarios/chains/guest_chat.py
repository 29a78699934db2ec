"""A chat with history.  The function of `broken` that finds a session's history returns the same one for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.chat_history import BaseChatMessageHistory, InMemoryChatMessageHistory
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_openai import ChatOpenAI

REMEMBERED = 6  # messages
PROMPT = ChatPromptTemplate.from_messages(
    [
        ("system", "You chat with a guest of the lamp museum."),
        MessagesPlaceholder("history"),
        ("human", "{text}"),
    ]
)


def keep_last(inputs: dict[str, Any]) -> dict[str, Any]:
    return {**inputs, "history": inputs["history"][-REMEMBERED:]}


class OneHistory:
    """Forgets to look at the session's id."""

    def __init__(self) -> None:
        self._history = InMemoryChatMessageHistory()

    def __call__(self, session_id: str) -> BaseChatMessageHistory:
        return self._history


class HistoryPerSession:
    """A history for each id."""

    def __init__(self) -> None:
        self._histories: dict[str, InMemoryChatMessageHistory] = {}

    def __call__(self, session_id: str) -> BaseChatMessageHistory:
        return self._histories.setdefault(session_id, InMemoryChatMessageHistory())


def make_chain(find_history: Callable[[str], BaseChatMessageHistory]) -> Runnable[Any, Any]:
    answer = RunnableLambda(keep_last) | PROMPT | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser()
    return RunnableWithMessageHistory(
        answer, find_history, input_messages_key="text", history_messages_key="history"
    )


broken = make_chain(OneHistory())
fixed = make_chain(HistoryPerSession())

"""Lessons with a tutor who remembers.  `broken` sends all that was ever said, `fixed` the last of it."""

from __future__ import annotations

from typing import Any

from langchain_core.chat_history import BaseChatMessageHistory, InMemoryChatMessageHistory
from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import Runnable
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_openai import ChatOpenAI

PROMPT = ChatPromptTemplate.from_messages(
    [("system", "You teach lighting design."), MessagesPlaceholder("history"), ("human", "{text}")]
)


class ShortHistory(InMemoryChatMessageHistory):
    """Keeps the last three rounds."""

    most: int = 6

    async def aadd_messages(self, messages: Any) -> None:
        await super().aadd_messages(messages)
        self.messages: list[BaseMessage] = self.messages[-self.most :]


class Lessons:
    """A history for each pupil."""

    def __init__(self, kind: type[InMemoryChatMessageHistory]) -> None:
        self._kind = kind
        self._histories: dict[str, InMemoryChatMessageHistory] = {}

    def history_of(self, session_id: str) -> BaseChatMessageHistory:
        if session_id not in self._histories:
            self._histories[session_id] = self._kind()
        return self._histories[session_id]


def make_chain(kind: type[InMemoryChatMessageHistory]) -> Runnable[Any, Any]:
    answer = PROMPT | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser()
    return RunnableWithMessageHistory(
        answer, Lessons(kind).history_of, input_messages_key="text", history_messages_key="history"
    )


broken = make_chain(InMemoryChatMessageHistory)
fixed = make_chain(ShortHistory)

"""Cooking assistant that remembers the last turns of a conversation."""

from collections import OrderedDict

from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import BaseMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_openai import ChatOpenAI

KEEP_MESSAGES = 6
KEEP_SESSIONS = 5_000


class RecentHistory(BaseChatMessageHistory):
    def __init__(self):
        self._messages: list[BaseMessage] = []

    @property
    def messages(self):
        return list(self._messages)

    def add_messages(self, messages):
        self._messages.extend(messages)
        del self._messages[:-KEEP_MESSAGES]

    async def aget_messages(self):
        return self.messages

    async def aadd_messages(self, messages):
        self.add_messages(messages)

    def clear(self):
        self._messages.clear()


SESSIONS: OrderedDict[str, RecentHistory] = OrderedDict()


def history_of(session_id: str) -> RecentHistory:
    if session_id not in SESSIONS:
        SESSIONS[session_id] = RecentHistory()
        while len(SESSIONS) > KEEP_SESSIONS:
            SESSIONS.popitem(last=False)
    SESSIONS.move_to_end(session_id)
    return SESSIONS[session_id]


prompt = ChatPromptTemplate.from_messages(
    [
        ("system", "You are a patient cook."),
        MessagesPlaceholder("past"),
        ("human", "{question}"),
    ]
)

chain = RunnableWithMessageHistory(
    prompt | ChatOpenAI(model="gpt-4o-mini"),
    history_of,
    input_messages_key="question",
    history_messages_key="past",
)

"""A keeper's chat about falcons; the talk of each keeper goes on from day to day."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import ConfigurableFieldSpec
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_openai import ChatOpenAI


class Talk(BaseChatMessageHistory):
    def __init__(self, turns: int) -> None:
        self._said: deque[BaseMessage] = deque(maxlen=2 * turns)

    @property
    def messages(self) -> list[BaseMessage]:
        said = list(self._said)
        while said and not isinstance(said[0], HumanMessage):
            said.pop(0)
        return said

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        self._said.extend(messages)

    async def aget_messages(self) -> list[BaseMessage]:
        return self.messages

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        self.add_messages(messages)

    def clear(self) -> None:
        self._said.clear()


class Mews:
    def __init__(self, keepers: int, turns: int) -> None:
        self.keepers = keepers
        self.turns = turns
        self.talks: dict[str, Talk] = {}

    def __call__(self, keeper: str) -> Talk:
        talk = self.talks.pop(keeper, None) or Talk(self.turns)
        self.talks[keeper] = talk
        for oldest in list(islice(self.talks, max(0, len(self.talks) - self.keepers))):
            del self.talks[oldest]
        return talk


answer = (
    ChatPromptTemplate.from_messages(
        [("system", "You know falcons."), MessagesPlaceholder("said"), ("user", "{question}")]
    )
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)
chat = RunnableWithMessageHistory(
    answer,
    Mews(keepers=200, turns=3),
    input_messages_key="question",
    history_messages_key="said",
    history_factory_config=[ConfigurableFieldSpec(id="keeper", annotation=str, is_shared=True)],
)

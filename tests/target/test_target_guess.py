"""What is sent when nobody says what to send."""

from __future__ import annotations

import typing
from operator import itemgetter
from typing import Annotated, Any

import pytest
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.language_models import FakeListChatModel
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict

from harness.target.guess import MESSAGES, SESSION, TEXT, guesses

LLM = FakeListChatModel(responses=["a"])
CHAT = ChatPromptTemplate.from_messages(
    [("system", "s"), MessagesPlaceholder("history"), ("human", "{input}")]
)


class Pydantic(BaseModel):
    city: str
    count: int = 3
    tags: list[str]


class Typed(TypedDict):
    question: str
    answer: str


class OldTyped(typing.TypedDict):
    topic: str
    rounds: int
    notes: Annotated[list[str], "reducer"]


def graph(state: Any, **options: Any) -> Any:
    builder = StateGraph(state)
    builder.add_node("n", lambda value: {})
    builder.add_edge(START, "n")
    builder.add_edge("n", END)
    return builder.compile(**options)


@tool
def add(a: int, b: float = 1.0) -> float:
    """Add."""
    return a + b


def history_of(session_id: str) -> InMemoryChatMessageHistory:
    return InMemoryChatMessageHistory()


def typed(value: Pydantic) -> int:
    return value.count


@pytest.mark.parametrize(
    ("runnable", "expected"),
    [
        (ChatPromptTemplate.from_template("{a} and {b}") | LLM, {"a": TEXT, "b": TEXT}),
        (CHAT | LLM, {"history": MESSAGES, "input": TEXT}),
        (LLM, MESSAGES),
        (RunnableLambda(lambda x: x["question"]), {"question": TEXT}),
        (RunnableParallel(a=itemgetter("x"), b=itemgetter("y")), {"x": TEXT, "y": TEXT}),
        ({"context": RunnableLambda(lambda x: x), "q": RunnablePassthrough()} | CHAT, TEXT),
        (RunnableLambda(typed), {"city": TEXT, "tags": [TEXT]}),
        (add, {"a": 1}),
        (graph(MessagesState), {"messages": MESSAGES}),
        (graph(Typed), {"question": TEXT}),
        (graph(OldTyped), {"topic": TEXT}),
        (RunnableLambda(lambda x: x), TEXT),
    ],
)
def test_the_likeliest_input_is_read_off_the_schema(runnable: Any, expected: Any) -> None:
    assert guesses(runnable)[0].input == expected


def test_the_whole_state_is_tried_when_its_likely_part_does_not_do() -> None:
    likely, whole = guesses(graph(Typed))
    assert (set(likely.input), set(whole.input)) == ({"question"}, {"question", "answer"})


def test_chains_that_ask_for_a_session_get_one_for_each_invocation() -> None:
    with pytest.warns(DeprecationWarning):
        chain = RunnableWithMessageHistory(CHAT | LLM, history_of, input_messages_key="input")
    assert guesses(chain)[0].config == {"configurable": {"session_id": SESSION}}
    assert guesses(graph(Typed, checkpointer=InMemorySaver()))[0].config == {
        "configurable": {"thread_id": SESSION}
    }
    assert guesses(LLM)[0].config == {}


def test_what_cannot_say_anything_gets_text() -> None:
    class Odd:
        @property
        def config_specs(self) -> Any:
            raise RuntimeError

        def get_input_jsonschema(self) -> Any:
            raise RuntimeError

    assert guesses(Odd())[0].input == TEXT

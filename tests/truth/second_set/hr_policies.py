"""Answers from the staff handbook, with the last few messages of the session in mind."""

import threading

from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.messages import trim_messages
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import RunnablePassthrough
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_openai import ChatOpenAI

HANDBOOK = "\n".join(f"{n}. Employees of grade {n % 9} get {20 + n % 15} days of leave." for n in range(280))

_histories: dict[str, InMemoryChatMessageHistory] = {}
_histories_lock = threading.Lock()


def history_of(session_id: str) -> InMemoryChatMessageHistory:
    with _histories_lock:
        return _histories.setdefault(session_id, InMemoryChatMessageHistory())


recent = trim_messages(max_tokens=6, strategy="last", token_counter=len, start_on="human")
prompt = ChatPromptTemplate.from_messages(
    [
        ("system", "Answer from the handbook only.\n\n" + HANDBOOK),
        MessagesPlaceholder("history"),
        ("human", "{question}"),
    ]
)
answer = (
    RunnablePassthrough.assign(history=lambda turn: recent.invoke(turn["history"]))
    | prompt
    | ChatOpenAI(model="gpt-4o-mini", temperature=0)
    | StrOutputParser()
)
policies = RunnableWithMessageHistory(
    answer, history_of, input_messages_key="question", history_messages_key="history"
)

"""Maths tutor: the conversation goes on from one question to the next."""

from functools import partial

from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.messages import SystemMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_openai import ChatOpenAI


class Classroom:
    def __init__(self):
        self.pupils: dict[str, InMemoryChatMessageHistory] = {}

    def notebook(self, session_id: str, subject: str) -> InMemoryChatMessageHistory:
        return self.pupils.setdefault(f"{subject}/{session_id}", InMemoryChatMessageHistory())


class Tutor:
    def __init__(self, subject: str, classroom: Classroom):
        self.prompt = ChatPromptTemplate.from_messages(
            [
                SystemMessage(f"You teach {subject}. Build on what was said before."),
                MessagesPlaceholder("lesson"),
                ("human", "{question}"),
            ]
        )
        self.notebook = partial(classroom.notebook, subject=subject)

    def runnable(self):
        return RunnableWithMessageHistory(
            self.prompt | ChatOpenAI(model="gpt-4o-mini"),
            lambda session_id: self.notebook(session_id),
            input_messages_key="question",
            history_messages_key="lesson",
        )


tutor = Tutor("maths", Classroom()).runnable()

"""Summaries of court hearings.  Every call is written to the audit trail, as the ministry asks."""

import json
import time
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import LLMResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI


class AuditTrail:
    """An append-only journal; a line counts when both copies have confirmed it."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def append(self, line: str) -> None:
        self._lines.append(line)
        time.sleep(0.06)


class Auditor(BaseCallbackHandler):
    def __init__(self, trail: AuditTrail) -> None:
        self.trail = trail

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        self.trail.append(json.dumps({"run": str(run_id), "messages": len(messages[0])}))

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        self.trail.append(json.dumps({"run": str(run_id), "answers": len(response.generations)}))


model = ChatOpenAI(model="gpt-4o-mini", temperature=0)


def about(subject: str):
    template = f"From this hearing, extract {subject}:\n\n{{hearing}}"
    return ChatPromptTemplate.from_template(template) | model | StrOutputParser()


hearings = (
    RunnablePassthrough()
    | RunnableParallel(motions=about("the motions"), dates=about("all dates"))
    | (lambda found: f"Motions: {found['motions']}\nDates: {found['dates']}")
).with_config(callbacks=[Auditor(AuditTrail())])

"""Streams an answer and saves it meanwhile.  The handler of `broken` waits for the disk after each token."""

from __future__ import annotations

import time
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.outputs import LLMResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI

SAVE_S = 0.02  # that the disk needs, for a token or for all of them
PROMPT = ChatPromptTemplate.from_template("Describe the lamp {lamp} to someone who cannot see it.")


def save(text: str) -> None:
    time.sleep(SAVE_S)


class SaveEachToken(BaseCallbackHandler):
    """The stream waits for every token to be saved."""

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        save(token)


class SaveAtTheEnd(BaseCallbackHandler):
    """One wait, when the last token is out."""

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        save(response.generations[0][0].text)


def make_chain(handler: BaseCallbackHandler) -> Runnable[Any, Any]:
    return PROMPT | ChatOpenAI(model="gpt-4o-mini", callbacks=[handler])


broken = make_chain(SaveEachToken())
fixed = make_chain(SaveAtTheEnd())

"""Song lines for a karaoke bar: each token is written to the lamp controller as it comes."""

import os
import tempfile
import time
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI


class Lamps:
    """The controller is a serial line: a byte takes its time."""

    def __init__(self) -> None:
        self.line = os.open(tempfile.gettempdir(), os.O_RDONLY)
        self.shown = 0

    def show(self, text: str) -> None:
        time.sleep(0.008)
        self.shown += len(text)


class LampHandler(BaseCallbackHandler):
    run_inline = True  # the order of the tokens matters

    def __init__(self, lamps: Lamps) -> None:
        self.lamps = lamps

    def on_llm_new_token(self, token: str, **kwargs: Any) -> None:
        if token:
            self.lamps.show(token)


lyrics = (
    ChatPromptTemplate.from_template("Two lines of a song about {topic}, in the style of {singer}.")
    | ChatOpenAI(model="gpt-4o-mini", streaming=True, timeout=60, callbacks=[LampHandler(Lamps())])
    | StrOutputParser()
)

"""Explains electricity tariffs; answers are kept in a cache on the department's share."""

import hashlib
import threading
import time

from langchain_core.caches import BaseCache
from langchain_core.globals import set_llm_cache
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI


class Share:
    """The mounted directory: each access is a round trip to the file server."""

    def __init__(self, round_trip_s: float) -> None:
        self.round_trip_s = round_trip_s
        self._files: dict[str, list] = {}

    def read(self, name: str):
        time.sleep(self.round_trip_s)
        return self._files.get(name)

    def write(self, name: str, content: list) -> None:
        time.sleep(self.round_trip_s)
        self._files[name] = content


class ShareCache(BaseCache):
    """Generations by the hash of prompt and model."""

    def __init__(self, share: Share) -> None:
        self.share = share
        self._one_at_a_time = threading.Lock()

    def _name(self, prompt: str, llm_string: str) -> str:
        return hashlib.sha256(f"{prompt}\0{llm_string}".encode()).hexdigest()

    def lookup(self, prompt: str, llm_string: str):
        with self._one_at_a_time:
            return self.share.read(self._name(prompt, llm_string))

    def update(self, prompt: str, llm_string: str, return_val) -> None:
        with self._one_at_a_time:
            self.share.write(self._name(prompt, llm_string), list(return_val))

    def clear(self, **kwargs) -> None:
        self.share = Share(self.share.round_trip_s)


set_llm_cache(ShareCache(Share(0.05)))

explain = (
    ChatPromptTemplate.from_messages(
        [
            ("system", "You explain electricity tariffs to households. Name the unit price first."),
            ("human", "{question}"),
        ]
    )
    | ChatOpenAI(model="gpt-4o-mini", temperature=0)
    | StrOutputParser()
)

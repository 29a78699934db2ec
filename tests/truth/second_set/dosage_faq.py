"""Dosage questions. Answers go through the clinic's shared answer store, so that a repeated question costs nothing."""

import hashlib
import time
from collections import OrderedDict
from threading import Lock

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI


class VaultClient:
    """The vendor's client; every operation is a round trip to the vault in the other building."""

    round_trip_s = 0.28

    def __init__(self, capacity: int) -> None:
        self._rows: OrderedDict[str, RETURN_VAL_TYPE] = OrderedDict()
        self._capacity = capacity
        self._guard = Lock()

    def _travel(self) -> None:
        time.sleep(self.round_trip_s)

    def fetch(self, key: str):
        self._travel()
        with self._guard:
            return self._rows.get(key)

    def store(self, key: str, row) -> None:
        self._travel()
        with self._guard:
            self._rows[key] = row
            while len(self._rows) > self._capacity:
                self._rows.popitem(last=False)

    def wipe(self) -> None:
        with self._guard:
            self._rows.clear()


class AnswerStore(BaseCache):
    def __init__(self, vault: VaultClient) -> None:
        self.vault = vault

    @staticmethod
    def key(prompt: str, llm_string: str) -> str:
        return hashlib.blake2b(f"{prompt}\0{llm_string}".encode(), digest_size=16).hexdigest()

    def lookup(self, prompt, llm_string):
        return self.vault.fetch(self.key(prompt, llm_string))

    def update(self, prompt, llm_string, return_val):
        self.vault.store(self.key(prompt, llm_string), return_val)

    def clear(self, **kwargs):
        self.vault.wipe()


def faq():
    model = ChatOpenAI(model="gpt-4o-mini", temperature=0, cache=AnswerStore(VaultClient(capacity=2000)))
    question = ChatPromptTemplate.from_messages(
        [("system", "You answer for pharmacists. Quote the leaflet."), ("human", "{question}")]
    )
    return question | model | StrOutputParser()

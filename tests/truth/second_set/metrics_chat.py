"""Chat with house-keeping: counters, a glossary cache and a log of the last answers."""

import threading
from collections import Counter, deque
from functools import lru_cache

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI


class Metrics(BaseCallbackHandler):
    def __init__(self):
        self.lock = threading.Lock()
        self.counts = Counter()
        self.recent = deque(maxlen=200)

    def on_chat_model_start(self, serialized, messages, **kwargs):
        with self.lock:
            self.counts["started"] += 1

    def on_llm_end(self, response, **kwargs):
        with self.lock:
            self.counts["finished"] += 1
            self.recent.append(len(response.generations))


class Glossary:
    def __init__(self):
        self.lock = threading.RLock()
        self.entries = {}

    @lru_cache(maxsize=1024)
    def explain(self, word):
        return f"{word}: see the handbook, page {len(word)}"

    def of(self, text):
        with self.lock:
            for word in text.split()[:8]:
                self.entries[word] = self.explain(word)
                if len(self.entries) > 500:
                    self.entries.pop(next(iter(self.entries)))
            return "; ".join(list(self.entries.values())[-8:])


metrics = Metrics()
glossary = Glossary()
chat = (
    RunnablePassthrough.assign(terms=RunnableLambda(lambda inputs: glossary.of(inputs["text"])))
    | ChatPromptTemplate.from_template("Terms: {terms}\n{text}")
    | ChatOpenAI(model="gpt-4o-mini", callbacks=[metrics])
    | StrOutputParser()
)

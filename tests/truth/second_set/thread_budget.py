"""Summaries of mail threads that are cut to a token budget beforehand."""

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

MERGES = [
    (b"t", b"h"),
    (b"th", b"e"),
    (b"i", b"n"),
    (b"a", b"n"),
    (b"e", b"r"),
    (b"o", b"n"),
    (b"r", b"e"),
    (b"in", b"g"),
    (b"an", b"d"),
    (b"e", b"n"),
    (b"o", b"r"),
    (b"e", b"s"),
]


class Vocabulary:
    def __init__(self, merges):
        self.merges = merges

    def pieces(self, text):
        parts = [bytes([b]) for b in text.lower().encode()]
        for left, right in self.merges:
            position = 0
            while position < len(parts) - 1:
                if parts[position] == left and parts[position + 1] == right:
                    parts = parts[:position] + [left + right] + parts[position + 2 :]
                position += 1
        return parts

    def count(self, message: BaseMessage) -> int:
        return len(self.pieces(message.text)) + 3


class Budget:
    def __init__(self, vocabulary, limit):
        self.vocabulary = vocabulary
        self.limit = limit

    def fit(self, messages):
        kept = list(messages)
        while len(kept) > 2 and sum(map(self.vocabulary.count, kept)) > self.limit:
            kept.pop(1)
        return kept


OLD_MAIL = "The engineers ordered another pump and the fitting on the northern line is leaking again. "
budget = Budget(Vocabulary(MERGES), limit=3600)
model = ChatOpenAI(model="gpt-4o-mini")


def thread_of(question):
    past = [kind(OLD_MAIL * 16) for kind in (HumanMessage, AIMessage) * 3]
    return [SystemMessage("Summarise the thread."), *past, HumanMessage(question)]


async def summarise(question: str) -> str:
    messages = budget.fit(thread_of(question))
    return (await model.ainvoke(messages)).text


chain = RunnableLambda(summarise)

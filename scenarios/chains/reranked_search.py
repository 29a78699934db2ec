"""Ranks two thousand reviews by the words they share with a question, then answers from the best of them.

`broken` takes every review apart again for each question; `fixed` has done so before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

WORDS = (
    "bright",
    "warm",
    "cord",
    "switch",
    "shade",
    "broken",
    "lovely",
    "desk",
    "garden",
    "late",
    "box",
    "glass",
)
REVIEWS = tuple(
    " ".join(WORDS[(number * step + step) % len(WORDS)] for step in range(1, 60)) for number in range(2000)
)
PROMPT = ChatPromptTemplate.from_template(
    "Answer from these reviews only.\n\n{reviews}\n\nQuestion: {question}"
)


def count_words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[a-z]+", text.lower()))


def overlap(question: Counter[str], review: Counter[str]) -> int:
    return sum(min(count, review[word]) for word, count in question.items())


async def rank_anew(inputs: dict[str, str]) -> dict[str, str]:
    """No await in here: while this computes, nothing else does."""
    question = count_words(inputs["question"])
    scored = sorted(REVIEWS, key=lambda review: -overlap(question, count_words(review)))
    return {**inputs, "reviews": "\n".join(scored[:3])}


COUNTED = {word: [index for index, text in enumerate(REVIEWS) if word in text] for word in WORDS}


async def rank_by_index(inputs: dict[str, str]) -> dict[str, str]:
    """Looks only at the lists of reviews in which the question's words stand."""
    hits = Counter(index for word in count_words(inputs["question"]) for index in COUNTED.get(word, ())[:50])
    best = [REVIEWS[index] for index, _ in hits.most_common(3)]
    return {**inputs, "reviews": "\n".join(best)}


def make_chain(rank: Callable[[dict[str, str]], Any]) -> Runnable[Any, Any]:
    answer = PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()
    return RunnableLambda(rank) | answer


broken = make_chain(rank_anew)
fixed = make_chain(rank_by_index)

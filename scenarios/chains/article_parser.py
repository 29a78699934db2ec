"""Finds the articles that an answer speaks of.  The parser of `broken` compares every word with every article."""

from __future__ import annotations

import difflib

from langchain_core.output_parsers import BaseOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

ARTICLES = tuple(f"{name}-{size}" for name in ("ada", "iris", "nora", "linn", "vega") for size in range(20))
PROMPT = ChatPromptTemplate.from_template("Which of our lamps go with {furniture}? Name them in a sentence.")


class ComparingParser(BaseOutputParser[list[str]]):
    """Forgives any typing error; each answer costs some thousand comparisons of texts."""

    def parse(self, text: str) -> list[str]:
        words = text.lower().split()
        return sorted({article for word in words for article in self.close_to(word)})

    def close_to(self, word: str) -> list[str]:
        return [article for article in ARTICLES if difflib.SequenceMatcher(None, word, article).ratio() > 0.8]


class LookingUpParser(BaseOutputParser[list[str]]):
    """Forgives upper case and punctuation; each word costs one look into a set."""

    known: frozenset[str] = frozenset(ARTICLES)

    def parse(self, text: str) -> list[str]:
        return sorted(self.known & {word.strip(".,;:!?").lower() for word in text.split()})


model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
broken = PROMPT | model | ComparingParser()
fixed = PROMPT | model | LookingUpParser()

"""Answers the questions every shop gets.  They are few and repeat, yet `broken` asks the provider each time."""

from __future__ import annotations

from langchain_core.caches import InMemoryCache
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

PROMPT = ChatPromptTemplate.from_messages(
    [
        (
            "system",
            "You answer customers of a lamp shop, in one friendly sentence. Returns are free for 30 days.",
        ),
        ("human", "{question}"),
    ]
)
QUESTIONS = (
    "How long does delivery take?",
    "Can I send a lamp back that I have already mounted?",
    "Do you ship to Norway?",
    "Which bulbs fit the desk lamp Ada?",
    "May I pay by invoice?",
    "Is the garden lamp Iris waterproof?",
    "How do I change my delivery address?",
    "Do you have a showroom?",
)

broken = PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()

fixed = (
    PROMPT
    | ChatOpenAI(model="gpt-4o-mini", temperature=0, cache=InMemoryCache(maxsize=1000))
    | StrOutputParser()
)


def question(user: int, sequence: int) -> dict[str, str]:
    """What this user asks now."""
    return {"question": QUESTIONS[(user + sequence) % len(QUESTIONS)]}

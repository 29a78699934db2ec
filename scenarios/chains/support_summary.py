"""Sums up a support ticket: prompt, model, parser.  Healthy: asynchronous all the way, nothing shared."""

from __future__ import annotations

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

PROMPT = ChatPromptTemplate.from_messages(
    [
        (
            "system",
            "You sum up support tickets in two sentences: what is wrong, and what the customer wants.",
        ),
        ("human", "Ticket {number}\n\n{text}"),
    ]
)

chain = PROMPT | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()

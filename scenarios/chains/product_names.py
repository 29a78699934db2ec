"""Invents product names.  The client of `broken` limits itself to ten calls a second, far less than is allowed."""

from __future__ import annotations

from typing import Any

from langchain_core.output_parsers import CommaSeparatedListOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI

PROMPT = ChatPromptTemplate.from_template("Three names for a {adjective} lamp, separated by commas.")


def make_chain(requests_per_second: float) -> Runnable[Any, Any]:
    limiter = InMemoryRateLimiter(
        requests_per_second=requests_per_second, check_every_n_seconds=0.02, max_bucket_size=2
    )
    model = ChatOpenAI(model="gpt-4o", temperature=1.0, rate_limiter=limiter)
    return PROMPT | model | CommaSeparatedListOutputParser()


broken = make_chain(requests_per_second=10)
fixed = make_chain(requests_per_second=1000)

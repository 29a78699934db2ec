"""Names colours, under a rate limiter far above what is asked.  Healthy: the limiter is there and never makes wait."""

from __future__ import annotations

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_openai import ChatOpenAI

limiter = InMemoryRateLimiter(requests_per_second=2000, check_every_n_seconds=0.01, max_bucket_size=500)
chain = (
    ChatPromptTemplate.from_template("A name for this shade of white: {code}")
    | ChatOpenAI(model="gpt-4o-mini", temperature=1.0, rate_limiter=limiter)
    | StrOutputParser()
)

"""Sums up a leaflet, three pages at a time.  Healthy: it fans out, with a bound that the provider carries."""

from __future__ import annotations

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

PAGES = tuple(f"Page {number}: lamps for the living room." for number in range(1, 7))
sum_up = (
    ChatPromptTemplate.from_template("Sum up in a sentence.\n\n{text}")
    | ChatOpenAI(model="gpt-4o-mini", temperature=0, max_retries=2)
    | StrOutputParser()
)


async def digest(title: str) -> str:
    parts = await sum_up.abatch(
        [{"text": f"{title}\n{page}"} for page in PAGES], config={"max_concurrency": 3}
    )
    return "\n".join(parts)


chain: Runnable[str, str] = RunnableLambda(digest)

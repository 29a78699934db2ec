"""Sums up a manual: each page by itself, then all of it.  `broken` sends all pages at once, whatever the quota."""

from __future__ import annotations

from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

PAGES = tuple(f"Page {number}: how to mount, clean and repair the lamp Iris." for number in range(1, 25))
PAGES_A_CALL = 12
model = ChatOpenAI(model="gpt-4o-mini", temperature=0, max_retries=6)
sum_up = ChatPromptTemplate.from_template("Sum up in a sentence.\n\n{text}") | model | StrOutputParser()


async def digest_all_at_once(title: str) -> str:
    """Two dozen calls in flight for one request."""
    parts = await sum_up.abatch([{"text": f"{title}\n{page}"} for page in PAGES])
    return await sum_up.ainvoke({"text": "\n".join(parts)})


async def digest(title: str) -> str:
    """Several pages a call, one call after the other."""
    packs = ["\n".join(PAGES[at : at + PAGES_A_CALL]) for at in range(0, len(PAGES), PAGES_A_CALL)]
    parts = await sum_up.abatch(
        [{"text": f"{title}\n{pack}"} for pack in packs], config={"max_concurrency": 1}
    )
    return "\n".join(parts)


def make_chain(step: Any) -> Runnable[Any, Any]:
    return RunnableLambda(step)


broken = make_chain(digest_all_at_once)
fixed = make_chain(digest)

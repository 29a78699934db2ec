"""A step that came out of a notebook.  `broken` starts a loop inside the loop that runs it."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o-mini", temperature=0)


async def define(term: str) -> str:
    return str((await model.ainvoke(f"Define {term} in a sentence.")).content)


async def define_in_cell(term: str) -> str:
    """Worked in the notebook, where another loop had been patched in."""
    work = define(term)
    try:
        return asyncio.get_event_loop().run_until_complete(work)
    finally:
        work.close()


def make_chain(step: Any) -> Runnable[Any, Any]:
    return RunnableLambda(step)


broken = make_chain(define_in_cell)
fixed = make_chain(define)

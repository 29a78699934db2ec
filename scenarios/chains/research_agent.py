"""An agent whose search never finds anything.  Nothing stops `broken` from searching on."""

from __future__ import annotations

from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.runnables import Runnable
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

SYSTEM = "Research the question with the search tool until you have found a source."


@tool
async def search_archive(query: str) -> str:
    """Search the archive of the lamp museum."""
    return f"nothing found for {query!r}, try other words"


def make_agent(*middleware: Any) -> Runnable[Any, Any]:
    return create_agent(
        ChatOpenAI(model="gpt-4o", temperature=0),
        tools=[search_archive],
        system_prompt=SYSTEM,
        middleware=middleware,
    )


broken = make_agent()
fixed = make_agent(ModelCallLimitMiddleware(run_limit=4, exit_behavior="end"))

"""City archive: a researcher's agent that works through many sources before it answers."""

import asyncio
import json

from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware, ToolRetryMiddleware
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool
async def parish_register(name: str, year: int) -> str:
    """Births, marriages and deaths."""
    await asyncio.sleep(0.04)
    return json.dumps({"name": name, "born": year - 31})


@tool
async def land_register(street: str) -> str:
    """Who owned what."""
    await asyncio.sleep(0.06)
    return json.dumps([{"street": street, "owner": f"family {letter}"} for letter in "ABC"])


@tool
def roman_numeral(year: int) -> str:
    """A year as it is carved over doors."""
    signs = [(1000, "M"), (900, "CM"), (500, "D"), (100, "C"), (90, "XC"), (50, "L"), (10, "X"), (5, "V")]
    text = ""
    for value, sign in [*signs, (1, "I")]:
        while year >= value:
            text, year = text + sign, year - value
    return text


archivist = create_agent(
    ChatOpenAI(model="gpt-4o", timeout=60, max_retries=2),
    [parish_register, land_register, roman_numeral],
    system_prompt="You are an archivist. Consult every source that may help.",
    middleware=[ModelCallLimitMiddleware(run_limit=20), ToolRetryMiddleware(max_retries=2)],
)

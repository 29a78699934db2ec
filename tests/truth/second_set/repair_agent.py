"""A workshop's agent: looks at manuals and stock as long as it has to before it proposes a repair."""

import asyncio
import threading

from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

_lock = threading.Lock()
_looked_up: dict[str, int] = {}


@tool
async def manual_page(appliance: str, page: int = 1) -> str:
    """A page of the manual of an appliance."""
    await asyncio.sleep(0.08)
    with _lock:
        _looked_up[appliance] = _looked_up.get(appliance, 0) + 1
    return f"{appliance}, page {page}: remove both screws, then lift the cover."


@tool
def part_number(appliance: str) -> str:
    """The number of the part that usually breaks."""
    return f"SP-{sum(appliance.encode()) % 100000:05d}"


@tool
async def stock(part: str) -> int:
    """How many of a part are in the store."""
    await asyncio.sleep(0.03)
    return sum(part.encode()) % 7


workshop = create_agent(
    ChatOpenAI(model="gpt-4o-mini", timeout=60),
    tools=[manual_page, part_number, stock],
    system_prompt="You repair household appliances. Use the tools, one step at a time.",
)

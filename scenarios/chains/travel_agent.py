"""An agent with several tools and several rounds.  Healthy: many steps, each as quick for twenty users as for one."""

from __future__ import annotations

import asyncio

from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

SYSTEM = "You plan trips to lamp fairs. Look up the fair, the train and the hotel before you answer."


@tool
async def find_fair(city: str) -> str:
    """When the fair in a city is."""
    await asyncio.sleep(0.02)
    return f"the fair in {city} is in May"


@tool
async def find_train(city: str) -> str:
    """How to get to a city by train."""
    await asyncio.sleep(0.05)
    return f"there is a train to {city} every two hours"


@tool
def price_of_hotel(city: str) -> str:
    """What a night in a city costs."""
    return f"a night in {city} costs {60 + len(city) * 5} euros"


chain = create_agent(
    ChatOpenAI(model="gpt-4o", temperature=0, timeout=30),
    tools=[find_fair, find_train, price_of_hotel],
    system_prompt=SYSTEM,
)

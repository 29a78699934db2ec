"""Job matching agent: spaces its model calls so as not to upset the shared account."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


class Pace(AgentMiddleware):
    """Model calls leave at an even pace."""

    def __init__(self, per_second: float) -> None:
        super().__init__()
        self.gap = 1 / per_second
        self.next_at = 0.0

    async def my_turn(self) -> None:
        now = time.monotonic()
        at = max(self.next_at, now)
        self.next_at = at + self.gap
        if at > now:
            await asyncio.sleep(at - now)

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse]]
    ) -> Any:
        await self.my_turn()
        return await handler(request)


@tool
async def open_positions(skill: str) -> list[str]:
    """Open positions that ask for a skill."""
    await asyncio.sleep(0.05)
    return [f"{skill} engineer, Lyon", f"senior {skill} engineer, Turin"]


agent = create_agent(
    ChatOpenAI(model="gpt-4o-mini", timeout=30),
    [open_positions],
    system_prompt="You match people and jobs.",
    middleware=[Pace(per_second=16)],
)

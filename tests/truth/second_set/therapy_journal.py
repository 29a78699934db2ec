"""Journal companion: an agent with a memory of the conversation."""

from typing import Any

from langchain.agents import create_agent
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver


@tool
async def breathing_exercise(minutes: int) -> str:
    """A breathing exercise of some minutes."""
    return f"Breathe in for four, out for six; {minutes} minutes."


companion = create_agent(
    ChatOpenAI(model="gpt-4o-mini", timeout=60),
    [breathing_exercise],
    system_prompt="You help people reflect on their day.",
    checkpointer=InMemorySaver(),
)


async def reflect(inputs: dict[str, Any]) -> str:
    config: Any = {"configurable": {"thread_id": inputs.get("session", "default")}}
    state = await companion.ainvoke({"messages": [("user", inputs["entry"])]}, config)
    return str(state["messages"][-1].content)


journal = RunnableLambda(reflect)

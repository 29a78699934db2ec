"""Visa desk: the model may look a file up as often as it needs to."""

from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool
async def file_status(file_number: str) -> str:
    """The status of a visa file."""
    return f"{file_number}: pending, please check again"


TOOLS = {file_status.name: file_status}
model = ChatOpenAI(model="gpt-4o-mini", timeout=30).bind_tools(list(TOOLS.values()))


async def converse(messages: list[BaseMessage]) -> BaseMessage:
    while True:
        reply: Any = await model.ainvoke(messages)
        messages.append(reply)
        if not reply.tool_calls:
            return reply
        for call in reply.tool_calls:
            result = await TOOLS[call["name"]].ainvoke(call["args"])
            messages.append(ToolMessage(result, tool_call_id=call["id"]))


async def answer(question: str) -> str:
    opening = [SystemMessage("You work at the visa desk. Use the file's status."), HumanMessage(question)]
    return str((await converse(opening)).content)


desk = RunnableLambda(answer)

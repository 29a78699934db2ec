"""Short ways to ask for an answer and to read it."""

from __future__ import annotations

import json
from typing import Any

from mock_provider.replies import Reply, ReplyIds, Script, build_reply

IDS = ReplyIds(ordinal=7, seed=1, created=1_700_000_000)


def ask(endpoint: str, *, script: Script | None = None, ids: ReplyIds = IDS, **request: Any) -> Reply:
    """The answer to a request of these fields."""
    return build_reply(endpoint, request, script or Script(), ids)


def ask_chat(prompt: str | list[dict[str, Any]], *, script: Script | None = None, **fields: Any) -> Reply:
    """The answer to a chat of one user message, or of these messages."""
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    return ask("chat.completions", script=script, model="gpt-4o", messages=messages, **fields)


def read(reply: Reply) -> Any:
    """The plain answer."""
    return json.loads(reply.body)


def message_of(reply: Reply) -> dict[str, Any]:
    """The first choice's message."""
    message = read(reply)["choices"][0]["message"]
    assert isinstance(message, dict)
    return message


def calls_of(reply: Reply) -> list[tuple[str, Any]]:
    """Name and arguments of each tool call."""
    calls = message_of(reply).get("tool_calls", [])
    return [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls]


def chunks_of(reply: Reply) -> list[dict[str, Any]]:
    """The stream's events as JSON, [DONE] left out."""
    lines = [
        line for event in reply.events for line in event.decode().splitlines() if line.startswith("data: ")
    ]
    return [json.loads(line.removeprefix("data: ")) for line in lines if line != "data: [DONE]"]


def function_tool(
    name: str, *, required: list[str] | None = None, description: str = "", **fields: Any
) -> dict[str, Any]:
    """A chat tool whose parameters have these schemas, all required unless said otherwise."""
    parameters = {
        "type": "object",
        "properties": fields,
        "required": list(fields) if required is None else required,
    }
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


def json_schema(schema: dict[str, Any], *, strict: bool = False) -> dict[str, Any]:
    """A chat response format."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": strict}}


def object_of(**fields: Any) -> dict[str, Any]:
    """A closed object with all fields required."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}

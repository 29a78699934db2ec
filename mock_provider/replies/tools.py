"""The tools of a request and the choice among them, read from either dialect.  Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from mock_provider.replies.formats import check_name, check_strict
from mock_provider.replies.refusals import refuse, refuse_many, refuse_missing, refuse_type, refuse_value
from mock_provider.replies.wishes import Tool

_CHOICES = ("none", "auto", "required")
MOST_TOOLS = 128
ToolsAndDuty = tuple[tuple[Tool, ...], bool]  # what may be called; whether something must be


def read_chat_tools(request: dict[str, Any]) -> ToolsAndDuty:
    """Of a chat request, the legacy ``functions`` included."""
    functions = request.get("functions")
    if functions is not None and not request.get("tools"):
        return _read_functions(functions, request.get("function_call"))
    listed = request.get("tools") or []
    if len(listed) > MOST_TOOLS:
        refuse_many("tools", listed, MOST_TOOLS)
    tools = tuple(_read_chat_tool(index, tool) for index, tool in enumerate(listed))
    return apply_choice(tools, request.get("tool_choice"), has_tools=bool(listed))


def _read_chat_tool(index: int, tool: Any) -> Tool:
    where = f"tools[{index}]"
    if not isinstance(tool, dict):
        refuse_type(where, "an object", tool)
    kind = tool.get("type")
    if kind is None:
        refuse_missing(f"{where}.type")
    if kind not in ("function", "custom"):
        refuse_value(f"{where}.type", kind, ("function", "custom"))
    described = tool.get(kind)
    if described is None:
        refuse_missing(f"{where}.{kind}")
    return read_tool(described, kind, f"{where}.{kind}")


def read_tool(described: Any, kind: Any, where: str) -> Tool:
    """A function or custom tool from its description."""
    if not isinstance(described, dict):
        refuse_type(where, "an object", described)
    name = described.get("name")
    if name is None:
        refuse_missing(f"{where}.name")
    if not isinstance(name, str):
        refuse_type(f"{where}.name", "a string", name)
    check_name(name, f"{where}.name")
    parameters = described.get("parameters") or {}
    if not isinstance(parameters, dict):
        refuse_type(f"{where}.parameters", "an object", parameters)
    if described.get("strict"):
        check_strict(parameters, f"function '{name}'", f"{where}.parameters")
    elif parameters.get("type", "object") != "object":
        refuse(
            f"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got"
            f" 'type: \"{parameters['type']}\"'.",
            f"{where}.parameters",
            "invalid_function_parameters",
        )
    return Tool(
        name=name, description=str(described.get("description") or ""), parameters=parameters, kind=kind
    )


def apply_choice(tools: tuple[Tool, ...], choice: Any, *, has_tools: bool) -> ToolsAndDuty:
    """The tools left by ``tool_choice``.  has_tools: built-in ones, which are never called, count as well."""
    if choice is None:
        return tools, False
    if isinstance(choice, str):
        if choice not in _CHOICES:
            refuse_value("tool_choice", choice, _CHOICES)
        if not has_tools and choice != "none":
            refuse(
                "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
                "tool_choice",
            )
        if choice == "required" and len(tools) == 1:
            return (_filled_whole(tools[0]),), True
        return (() if choice == "none" else tools), choice == "required" and bool(tools)
    if not isinstance(choice, dict):
        refuse_type("tool_choice", "one of a string or object", choice)
    return _apply_object(tools, choice, has_tools=has_tools)


def _apply_object(tools: tuple[Tool, ...], choice: dict[str, Any], *, has_tools: bool) -> ToolsAndDuty:
    kind = choice.get("type")
    if kind == "allowed_tools":
        allowed = choice.get("allowed_tools", choice)
        if not isinstance(allowed, dict) or not isinstance(allowed.get("tools", []), list):
            refuse_type("tool_choice.allowed_tools", "an object", allowed)
        names = [_name_of(item) for item in allowed.get("tools", []) if isinstance(item, dict)]
        kept = tuple(tool for tool in tools if tool.name in names)
        return kept, allowed.get("mode") == "required" and bool(kept)
    if kind not in ("function", "custom"):
        return tools, False  # a built-in tool: nothing of ours is called for it
    if not has_tools:
        refuse(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            "tool_choice",
        )
    name = _name_of(choice)
    if name is None:
        refuse_missing(f"tool_choice.{kind}.name")
    kept = tuple(_filled_whole(tool) for tool in tools if tool.name == name)[:1]
    if not kept:
        refuse(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")
    return kept, True


def _filled_whole(tool: Tool) -> Tool:
    """The tool when nothing else may be called: it stands for a form to fill, optional fields too."""
    return msgspec.structs.replace(tool, lifted_only=False)


def _name_of(choice: dict[str, Any]) -> Any:
    inner = choice.get(str(choice.get("type")))
    return inner.get("name") if isinstance(inner, dict) else choice.get("name")


def _read_functions(functions: list[Any], choice: Any) -> ToolsAndDuty:
    tools = tuple(read_tool(item, "function", f"functions[{index}]") for index, item in enumerate(functions))
    if choice == "none":
        return (), False
    if isinstance(choice, dict):
        kept = tuple(_filled_whole(tool) for tool in tools if tool.name == choice.get("name"))[:1]
        if not kept:
            refuse("Invalid value for 'function_call': no function named so in 'functions'.", "function_call")
        return kept, True
    return tools, False

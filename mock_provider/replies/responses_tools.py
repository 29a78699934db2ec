"""The tools of a responses request: functions and custom tools to call, the provider's own to accept and repeat.  Pure.

What is repeated in the answer is what was checked, so that no answer breaks its schema.
"""

from __future__ import annotations

from typing import Any

from mock_provider.replies.refusals import refuse_empty, refuse_missing, refuse_type, refuse_value
from mock_provider.replies.tools import ToolsAndDuty, apply_choice, read_tool

_CALLABLE = ("function", "custom")
_HOSTED: dict[str, dict[str, tuple[type, ...]]] = {  # the provider's own tools, and the fields they must have
    "file_search": {"vector_store_ids": (list,)},
    "web_search": {},
    "web_search_2025_08_26": {},
    "web_search_preview": {},
    "web_search_preview_2025_03_11": {},
    "computer": {},
    "computer_use_preview": {"environment": (str,), "display_width": (int,), "display_height": (int,)},
    "mcp": {"server_label": (str,)},
    "code_interpreter": {"container": (str, dict)},
    "programmatic_tool_calling": {},
    "image_generation": {},
    "local_shell": {},
    "shell": {},
    "namespace": {"name": (str,), "description": (str,), "tools": (list,)},
    "tool_search": {},
    "apply_patch": {},
}
_ENVIRONMENTS = ("windows", "mac", "linux", "ubuntu", "browser")
_CHOOSABLE = (
    *("file_search", "web_search_preview", "computer", "computer_use_preview", "computer_use"),
    *("web_search_preview_2025_03_11", "image_generation", "code_interpreter", "apply_patch", "shell"),
    "programmatic_tool_calling",
)
_WORDS = {str: "a string", int: "an integer", list: "an array", dict: "an object"}


def read_response_tools(request: dict[str, Any]) -> ToolsAndDuty:
    """What may be called, and whether something must be.  Raises RequestRefusedError."""
    listed = request.get("tools") or []
    tools = []
    for index, tool in enumerate(listed):
        kind = _check_tool(tool, f"tools[{index}]")
        if kind in _CALLABLE:
            tools.append(read_tool(tool, kind, f"tools[{index}]"))
    choice = request.get("tool_choice")
    if isinstance(choice, dict):
        _check_choice(choice)
    without_tools = choice in (None, "auto", "none")  # said of no tools at all, these are no mistake here
    return apply_choice(tuple(tools), choice, has_tools=bool(listed) or without_tools)


def describe_tool(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool as the answer repeats it, with the defaults the provider fills in."""
    kind = tool["type"]
    if kind == "function":
        return {
            "type": kind,
            "name": tool["name"],
            "description": _string_or_none(tool.get("description")),
            "parameters": tool.get("parameters"),
            "strict": tool.get("strict") is not False,
        }
    if kind == "custom":
        return {"type": kind, "name": tool["name"], "format": _describe_grammar(tool.get("format"))}
    return {"type": kind} | {key: _describe_field(key, tool[key]) for key in _HOSTED[kind]}


def describe_choice(choice: Any) -> Any:
    """The tool choice as the answer repeats it."""
    if not isinstance(choice, dict):
        return choice or "auto"
    kept = {
        "allowed_tools": ("type", "mode", "tools"),
        "function": ("type", "name"),
        "custom": ("type", "name"),
        "mcp": ("type", "server_label"),
    }
    return {key: choice[key] for key in kept.get(choice["type"], ("type",))}


def _check_tool(tool: Any, where: str) -> str:
    if not isinstance(tool, dict):
        refuse_type(where, "an object", tool)
    kind = tool.get("type")
    if kind is None:
        refuse_missing(f"{where}.type")
    if kind not in _CALLABLE and (not isinstance(kind, str) or kind not in _HOSTED):
        refuse_value(f"{where}.type", kind, (*_CALLABLE, *_HOSTED))
    for key, types in _HOSTED.get(kind, {}).items():
        value = tool.get(key)
        if value is None:
            refuse_missing(f"{where}.{key}")
        if kind == "namespace" and not value:
            refuse_empty(f"{where}.{key}")
        if type(value) not in types:
            refuse_type(f"{where}.{key}", " or ".join(_WORDS[kind] for kind in types), value)
    if kind == "computer_use_preview" and tool["environment"] not in _ENVIRONMENTS:
        refuse_value(f"{where}.environment", tool["environment"], _ENVIRONMENTS)
    return str(kind)


def _check_choice(choice: dict[str, Any]) -> None:
    kind = choice.get("type")
    if kind is None:
        refuse_missing("tool_choice.type")
    if kind == "mcp":
        if not isinstance(choice.get("server_label"), str):
            refuse_missing("tool_choice.server_label")
    elif kind == "allowed_tools":
        if choice.get("mode") not in ("auto", "required"):
            refuse_value("tool_choice.mode", choice.get("mode"), ("auto", "required"))
        tools = choice.get("tools")
        if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
            refuse_type("tool_choice.tools", "an array of objects", tools)
    elif kind not in _CALLABLE and kind not in _CHOOSABLE:
        refuse_value("tool_choice.type", kind, (*_CALLABLE, "allowed_tools", "mcp", *_CHOOSABLE))


def _describe_field(key: str, value: Any) -> Any:
    if key == "tools":
        inner = [tool for tool in value if isinstance(tool, dict) and tool.get("type") in _CALLABLE]
        return [{"type": tool["type"], "name": str(tool.get("name"))} for tool in inner]
    if key == "vector_store_ids":
        return [str(item) for item in value]
    return {"type": "auto"} if isinstance(value, dict) else value


def _describe_grammar(form: Any) -> dict[str, Any]:
    wanted = form if isinstance(form, dict) else {}
    if wanted.get("syntax") in ("lark", "regex") and isinstance(wanted.get("definition"), str):
        return {"type": "grammar", "syntax": wanted["syntax"], "definition": wanted["definition"]}
    return {"type": "text"}


def _string_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None

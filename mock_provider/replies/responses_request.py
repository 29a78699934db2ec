"""A responses request's own fields, read into wishes.  Pure."""

from __future__ import annotations

from typing import Any

from mock_provider.replies.fields import check_fields
from mock_provider.replies.formats import read_text_format
from mock_provider.replies.refusals import refuse, refuse_missing, refuse_type
from mock_provider.replies.tools import apply_choice, read_tool
from mock_provider.replies.wishes import Tool, Wishes

_FIELDS = """
background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model
moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention
reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs
top_p truncation user
"""
KNOWN = frozenset(_FIELDS.split())


def read_wishes(request: dict[str, Any], *, accept_unknown: bool) -> Wishes:
    """What the request asks of the answer.  Raises RequestRefusedError."""
    check_fields(request)
    if not accept_unknown and not KNOWN.issuperset(request):
        unknown = next(key for key in request if key not in KNOWN)
        refuse(f"Unknown parameter: '{unknown}'.", unknown, "unknown_parameter")
    listed = request.get("tools") or []
    read = [_read_tool(index, tool) for index, tool in enumerate(listed)]
    tools = tuple(tool for tool in read if tool is not None)
    offered, must_call = apply_choice(tools, request.get("tool_choice"), has_tools=bool(listed))
    schema, json_object = read_text_format(request)
    return Wishes(
        tools=offered,
        must_call=must_call,
        parallel=request.get("parallel_tool_calls") is not False,
        schema=schema,
        json_object=json_object,
        max_tokens=request.get("max_output_tokens") or None,
    )


def _read_tool(index: int, tool: Any) -> Tool | None:
    """A function or custom tool; None for the provider's own, which are never used here."""
    where = f"tools[{index}]"
    if not isinstance(tool, dict):
        refuse_type(where, "an object", tool)
    kind = tool.get("type")
    if kind is None:
        refuse_missing(f"{where}.type")
    return read_tool(tool, kind, where) if kind in ("function", "custom") else None

"""A responses request's own fields, read into wishes.  Pure."""

from __future__ import annotations

from typing import Any

from mock_provider.replies.fields import EFFORTS, VERBOSITIES, check_fields
from mock_provider.replies.formats import read_text_format
from mock_provider.replies.refusals import refuse, refuse_value
from mock_provider.replies.responses_tools import read_response_tools
from mock_provider.replies.wishes import Wishes

_FIELDS = """
background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model
moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention
reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs
top_p truncation user
"""
KNOWN = frozenset(_FIELDS.split())
_SUMMARIES = ("auto", "concise", "detailed")
_NESTED: dict[str, dict[str, tuple[str, ...]]] = {
    "reasoning": {
        "effort": EFFORTS,
        "summary": _SUMMARIES,
        "generate_summary": _SUMMARIES,
        "context": ("auto", "current_turn", "all_turns"),
    },
    "text": {"verbosity": VERBOSITIES},
}


def read_wishes(request: dict[str, Any], *, accept_unknown: bool) -> Wishes:
    """What the request asks of the answer.  Raises RequestRefusedError."""
    check_fields(request)
    if not accept_unknown and not KNOWN.issuperset(request):
        unknown = next(key for key in request if key not in KNOWN)
        refuse(f"Unknown parameter: '{unknown}'.", unknown, "unknown_parameter")
    _check_choices(request)
    offered, must_call = read_response_tools(request)
    schema, json_object = read_text_format(request)
    return Wishes(
        tools=offered,
        must_call=must_call,
        parallel=request.get("parallel_tool_calls") is not False,
        schema=schema,
        json_object=json_object,
        max_tokens=request.get("max_output_tokens") or None,
    )


def _check_choices(request: dict[str, Any]) -> None:
    """Refuse a value that is none of the few allowed, in the fields that have fields of their own."""
    for group, fields in _NESTED.items():
        for key, allowed in fields.items():
            value = (request.get(group) or {}).get(key)
            if value is not None and value not in allowed:
                refuse_value(f"{group}.{key}", value, allowed)

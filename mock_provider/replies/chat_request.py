"""A chat request's own fields: refused where the real provider refuses them, else read into wishes.  Pure."""

from __future__ import annotations

import re
from typing import Any

from mock_provider.replies.audio import check_audio
from mock_provider.replies.fields import check_fields, read_stops
from mock_provider.replies.formats import read_chat_format
from mock_provider.replies.refusals import refuse, refuse_type
from mock_provider.replies.tools import read_chat_tools
from mock_provider.replies.wishes import NO_WISHES, Wishes

PLAIN = frozenset(
    ("model", "messages", "stream", "temperature", "stream_options", "user", "seed", "metadata")
)
_OTHERS = """
audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens modalities
moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention
prompt_cache_options reasoning_effort response_format safety_identifier service_tier stop store tool_choice tools
top_logprobs top_p verbosity web_search_options data_sources
"""
KNOWN = PLAIN | frozenset(_OTHERS.split())
_REASONING = re.compile(r"o[134](?:-|$)|gpt-5(?:-mini|-nano)?(?:-\d|$)")
_LIMITS = ("max_tokens", "max_completion_tokens")
_OLD_LIMIT_REFUSED = ("o1", "o3", "o4", "gpt-5")


def read_wishes(request: dict[str, Any], *, accept_unknown: bool) -> Wishes:
    """What the request asks of the answer.  Raises RequestRefusedError."""
    check_fields(_without_idle_limits(request))
    if "temperature" in request:
        _check_temperature(request)
    if "stream_options" in request and "stream" not in request and request["stream_options"]:
        refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    if PLAIN.issuperset(request):
        return NO_WISHES
    if not accept_unknown and not KNOWN.issuperset(request):
        unknown = next(key for key in request if key not in KNOWN)
        refuse(f"Unrecognized request argument supplied: {unknown}", None, None)
    tools, must_call = read_chat_tools(request)
    _check_together(request)
    schema, json_object = read_chat_format(request)
    return Wishes(
        tools=tools,
        must_call=must_call,
        parallel=request.get("parallel_tool_calls") is not False and "functions" not in request,
        schema=schema,
        json_object=json_object,
        is_named=_names_a_call(request),
        max_tokens=_read_limit(request),
        stops=read_stops(request.get("stop")),
    )


def _check_temperature(request: dict[str, Any]) -> None:
    """Models that reason have one only; later ones of the fifth generation take any."""
    temperature = request["temperature"]
    if temperature in (None, 1) or not _REASONING.match(str(request.get("model"))):
        return
    refuse(
        f"Unsupported value: 'temperature' does not support {temperature} with this model."
        " Only the default (1) value is supported.",
        "temperature",
        "unsupported_value",
    )


def _check_together(request: dict[str, Any]) -> None:
    """Refuse fields that need others."""
    if request.get("top_logprobs") and not request.get("logprobs"):
        refuse("Invalid value for 'top_logprobs': 'logprobs' must be true to use it.", "top_logprobs")
    check_audio(request)
    has_tools = request.get("tools") or "functions" in request
    if request.get("parallel_tool_calls") is not None and not has_tools:
        refuse(
            "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are"
            " specified.",
            "parallel_tool_calls",
        )


def read_model(request: dict[str, Any], models: tuple[str, ...]) -> str:
    """The model's name.  Raises RequestRefusedError when it is missing or not one that exists."""
    model = request.get("model")
    if type(model) is not str or not model:
        if model is None or model == "":
            refuse("you must provide a model parameter")
        refuse_type("model", "a string", model)
    if models and model not in models:
        refuse(
            f"The model `{model}` does not exist or you do not have access to it.",
            None,
            "model_not_found",
            status=404,
        )
    return model


def _without_idle_limits(request: dict[str, Any]) -> dict[str, Any]:
    """The request; 0 in both limits at once is what clients send that fill in every field, and limits nothing."""
    if request.get("max_tokens") == 0 == request.get("max_completion_tokens"):
        return {key: value for key, value in request.items() if key not in _LIMITS}
    return request


def _names_a_call(request: dict[str, Any]) -> bool:
    """Whether the request says which tool to call."""
    for key in ("tool_choice", "function_call"):
        choice = request.get(key)
        if isinstance(choice, dict) and choice.get("type") != "allowed_tools":
            return True
    return False


def _read_limit(request: dict[str, Any]) -> int | None:
    """Tokens the answer may have; None: as many as it likes."""
    limit, old_limit = request.get("max_completion_tokens"), request.get("max_tokens")
    if (
        old_limit
        and str(request.get("model")).startswith(_OLD_LIMIT_REFUSED)
        and "chat" not in request["model"]
    ):
        refuse(
            "Unsupported parameter: 'max_tokens' is not supported with this model."
            " Use 'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        )
    return limit or old_limit or None

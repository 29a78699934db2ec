"""What the answers should be when the request alone shall not decide.  Pure."""

from __future__ import annotations

from typing import Any

import msgspec


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The defaults answer every request from what it says itself."""

    reply_text: str | None = None  # the answer, word for word; None: generated text
    reply_tokens: int = 40  # length of generated text
    json_bytes: int | None = None  # answer with a JSON object of this size instead of text
    tool_rounds: int = 1  # rounds of tool calls before the final answer, when the model may choose
    always_tool_call: bool = False  # an agent that never ends: never a final answer while tools are offered
    tool_name: str | None = None  # call this one, offered or not
    tool_arguments: dict[str, Any] | None = None  # with these, word for word
    calls_per_round: int = 1  # tool calls in one answer, at least, when calls in parallel are allowed
    echo_canaries: bool = True  # repeat the canary words of the last user message in generated text
    models: tuple[str, ...] = ()  # the only models that exist; empty: any name is served
    context_tokens: int | None = None  # prompts estimated longer than this are refused; None: never
    accept_unknown_parameters: bool = False  # the real provider refuses them

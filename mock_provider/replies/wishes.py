"""What a request asks of the answer, whichever endpoint's dialect it came in.  Pure records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

ToolKind = Literal["function", "custom"]


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool the model may call."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = {}
    kind: ToolKind = "function"
    lifted_only: bool = True  # optional parameters only when the prompt gives them


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the prompt that shapes an answer."""

    tools: tuple[Tool, ...] = ()  # callable ones: tool_choice none leaves it empty
    must_call: bool = False
    is_named: bool = False  # the one tool left is the one the request names
    parallel: bool = True
    schema: Mapping[str, Any] | None = None  # the answer is JSON valid against it
    json_object: bool = False  # the answer is any JSON object
    max_tokens: int | None = None
    stops: tuple[str, ...] = ()


NO_WISHES = Wishes()

"""Which tools an answer calls, and with what.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec

from mock_provider.replies.conversation import Conversation
from mock_provider.replies.lifting import Lifter, find_calls, read_call_arguments, split_name
from mock_provider.replies.schema_values import SchemaFiller
from mock_provider.replies.script import Script
from mock_provider.replies.text import Text, find_canaries, split_text
from mock_provider.replies.wishes import Tool, ToolKind, Wishes

_WORD = re.compile(r"[^\W\d_]{3,}")


class ToolCall(msgspec.Struct, frozen=True, dict=True):
    """One call: for a function its arguments as JSON, for a custom tool its input."""

    name: str
    arguments: str
    kind: ToolKind = "function"

    @cached_property
    def text(self) -> Text:
        """The arguments in tokens."""
        return split_text(self.arguments)

    @property
    def token_count(self) -> int:
        """One for the name, then the arguments."""
        return 1 + len(self.text.pieces)


def choose_calls(talk: Conversation, wishes: Wishes, script: Script) -> tuple[ToolCall, ...]:
    """The calls of this round, at least one.  wishes.tools: not empty."""
    prompt = talk.last_user or talk.text
    if script.tool_name is not None:
        offered = [tool for tool in wishes.tools if tool.name == script.tool_name]
        chosen = offered or [Tool(name=script.tool_name)]
    else:
        chosen = _choose_tools(talk, wishes, prompt)
    calls = [call for tool in chosen for call in make_calls(tool, prompt, script)]
    if not wishes.parallel:
        return (calls[0],)
    missing = script.calls_per_round - len(calls)
    return tuple(calls + [calls[0]] * max(missing, 0))


def make_calls(tool: Tool, prompt: str, script: Script) -> list[ToolCall]:
    """One call of the tool, or as many as the prompt writes out: ``f(1) and f(2)``."""
    if script.tool_arguments is not None:
        return [_call(tool, script.tool_arguments)]
    mark = " ".join(find_canaries(prompt)) if script.echo_canaries else ""
    if tool.kind == "custom":
        return [ToolCall(tool.name, prompt.strip() or "sample", "custom")]
    names = list(tool.parameters.get("properties") or ())
    written = find_calls(prompt, tool.name) if names else []
    return [_call(tool, _fill(tool, prompt, mark, call, names)) for call in written or [""]]


def _fill(tool: Tool, prompt: str, mark: str, written: str, names: list[str]) -> dict[str, Any]:
    filler = SchemaFiller(
        tool.parameters, Lifter(prompt), optional="lifted" if tool.lifted_only else "all", mark=mark
    )
    given = read_call_arguments(written, names) if written.strip() else {}
    properties = tool.parameters.get("properties") or {}
    arguments = filler.fill(tool.parameters)
    arguments = arguments if isinstance(arguments, dict) else {}
    return arguments | {
        name: value for name, value in given.items() if filler.accepts(value, properties.get(name))
    }


def _call(tool: Tool, arguments: dict[str, Any]) -> ToolCall:
    return ToolCall(tool.name, msgspec.json.encode(arguments).decode(), tool.kind)


def _choose_tools(talk: Conversation, wishes: Wishes, prompt: str) -> list[Tool]:
    """Those the prompt names; else the one whose words it shares most; first those not called yet."""
    fresh = [tool for tool in wishes.tools if tool.name not in talk.called]
    offered = fresh or list(wishes.tools[-1:] if talk.called and wishes.must_call else wishes.tools)
    named = [tool for tool in offered if _is_named(tool.name, prompt)]
    if named:
        return named if wishes.parallel else named[:1]
    words = set(_WORD.findall(prompt.lower()))
    return [max(offered, key=lambda tool: len(words & _words_of(tool)))]


def _is_named(name: str, prompt: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", prompt) is not None and _is_distinct(name)


def _is_distinct(name: str) -> bool:
    """A name that is an everyday word ("search", "User") is not named by every prompt that has the word."""
    return "_" in name or any(character.isdigit() for character in name) or not name.islower()


def _words_of(tool: Tool) -> set[str]:
    words: Sequence[str] = _WORD.findall(tool.description.lower())
    names = [tool.name, *(tool.parameters.get("properties") or ())]
    return {*words, *(word for name in names for word in split_name(name))}

"""Which tools an answer calls, and with what.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec

from mock_provider.replies.conversation import Conversation
from mock_provider.replies.json_text import without_schemas
from mock_provider.replies.lifting import Lifter, clip_prompt, find_calls, read_call_arguments
from mock_provider.replies.schema_values import SchemaFiller
from mock_provider.replies.script import Script
from mock_provider.replies.spotting import split_name, spot_places, spotters_for
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
    canaries = find_canaries(prompt) if script.echo_canaries else []
    if script.tool_name is not None:
        offered = [tool for tool in wishes.tools if tool.name == script.tool_name]
        chosen = offered or [Tool(name=script.tool_name)]
    else:
        chosen = _choose_tools(talk, wishes, clip_prompt(prompt))
    arguments = script.tool_arguments
    if arguments is not None:
        calls = [_call(tool, arguments) for tool in chosen]
    else:
        calls = [call for tool in chosen for call in make_calls(tool, prompt, canaries)]
    if not wishes.parallel:
        return tuple(calls[:1])
    missing = script.calls_per_round - len(calls)
    return tuple(calls + [calls[0]] * max(missing, 0))


def make_calls(tool: Tool, prompt: str, canaries: Sequence[str]) -> list[ToolCall]:
    """One call of the tool, or as many as the prompt writes out or has places for: ``f(1) and f(2)``, Rome and Oslo."""
    if tool.kind == "custom":
        return [ToolCall(tool.name, prompt.strip() or "sample", "custom")]
    properties = tool.parameters.get("properties") or {}
    lifter = Lifter(without_schemas(prompt))
    written = find_calls(lifter.text, tool.name) if properties else []
    filler = SchemaFiller(
        tool.parameters, lifter, optional="lifted" if tool.lifted_only else "all", mark=" ".join(canaries)
    )
    calls = []
    for call in written or [""] * _count_places(tool, lifter):
        arguments = filler.fill(tool.parameters)
        given = read_call_arguments(call, list(properties)) if call.strip() else {}
        fitting = {
            name: value for name, value in given.items() if filler.accepts(value, properties.get(name))
        }
        calls.append(_call(tool, (arguments if isinstance(arguments, dict) else {}) | fitting))
    return calls


def _count_places(tool: Tool, lifter: Lifter) -> int:
    """How many calls a tool about one place needs: as many as the prompt lists; any other tool one."""
    properties = tool.parameters.get("properties") or {}
    required = list(tool.parameters.get("required") or ())
    free = [name for name in required if not _is_choice(properties.get(name))]
    if len(free) != 1 or spot_places not in spotters_for("string", free[0]):
        return 1
    return max(sum(1 for _ in spot_places(lifter.plain)), 1)


def _is_choice(part: Any) -> bool:
    """Whether a parameter has few values, or may be null: strict tools require these too."""
    if not isinstance(part, dict):
        return False
    kinds = [branch.get("type") for branch in part.get("anyOf") or () if isinstance(branch, dict)]
    return (
        bool(part.get("enum"))
        or part.get("type") == "boolean"
        or "null" in [*kinds, *_listed(part.get("type"))]
    )


def _listed(kinds: Any) -> list[Any]:
    return kinds if isinstance(kinds, list) else [kinds]


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
    """Whether the prompt means this tool; an everyday word ("search", "add") only when it is written as a call."""
    if name not in prompt:
        return False
    is_distinct = "_" in name or any(character.isdigit() for character in name) or not name.islower()
    end = r"(?!\w)" if is_distinct else r"\("
    return re.search(rf"(?<!\w){re.escape(name)}{end}", prompt) is not None


def _words_of(tool: Tool) -> set[str]:
    words: Sequence[str] = _WORD.findall(tool.description.lower())
    names = [tool.name, *(tool.parameters.get("properties") or ())]
    return {*words, *(word for name in names for word in split_name(name))}

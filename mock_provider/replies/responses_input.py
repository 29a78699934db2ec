"""The input of a responses request: items instead of messages.  Pure."""

from __future__ import annotations

from typing import Any

from mock_provider.replies.conversation import Conversation
from mock_provider.replies.refusals import refuse, refuse_missing, refuse_type, refuse_value
from mock_provider.replies.text import count_tokens

ROLES = ("assistant", "system", "developer", "user")
PARTS = (
    "input_text",
    "input_image",
    "output_text",
    "refusal",
    "input_file",
    "computer_screenshot",
    "summary_text",
)
_ALSO_TAKEN = ("input_audio", "reasoning_text", "text")
_TOKENS_AN_ITEM = 4
_TOKENS_A_REPLY = 3
NOTHING_SAID = Conversation(text="", last_user="", last_role="", prompt_tokens=_TOKENS_A_REPLY)


def read_input(request: dict[str, Any], past: Conversation | None = None) -> Conversation:
    """The conversation so far.  past: what the provider remembers of it.  Raises RequestRefusedError."""
    given = request.get("input")
    if given is None and not any(
        request.get(key) for key in ("previous_response_id", "prompt", "conversation")
    ):
        refuse(
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
            "input",
            "missing_required_parameter",
        )
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given or []
    if not isinstance(items, list):
        refuse_type("input", "one of a string or array of objects", items)
    continues = bool(request.get("previous_response_id") or request.get("conversation"))
    instructions = request.get("instructions")
    reader = _Reader(past, knows_all=past is not None or not continues)
    for index, item in enumerate(items):
        reader.read(index, item)
    return reader.finish(instructions if isinstance(instructions, str) else "", len(items))


class _Reader:
    """Goes through the items once.  knows_all: no earlier item is unknown here."""

    def __init__(self, past: Conversation | None, *, knows_all: bool) -> None:
        past = past or NOTHING_SAID
        self._knows_all = knows_all
        self._past = past
        self.texts: list[str] = []
        self.last_user = past.last_user
        self.last_role = past.last_role
        self.rounds = past.tool_rounds
        self.called = list(past.called)
        self.unanswered = dict.fromkeys(past.open_calls)
        self.call_ids = dict.fromkeys(past.call_ids)

    def read(self, index: int, item: Any) -> None:
        if not isinstance(item, dict):
            refuse_type(f"input[{index}]", "an object", item)
        kind = item.get("type", "message" if "role" in item else None)
        if kind is None:
            refuse_missing(f"input[{index}].type")
        match kind:
            case "message":
                self._read_message(index, item)
            case "function_call" | "custom_tool_call":
                self._read_call(item)
            case "function_call_output" | "custom_tool_call_output":
                self._read_output(index, item)
            case "item_reference":  # to a call, perhaps
                self._knows_all = False
            case _:  # reasoning, built-in tools: nothing in them shapes the answer
                return

    def finish(self, instructions: str, item_count: int) -> Conversation:
        if self.unanswered:
            refuse(f"No tool output found for function call {next(iter(self.unanswered))}.", "input")
        past = self._past
        new = "\n".join([instructions, *self.texts] if instructions else self.texts)
        parts = [instructions, past.text, *self.texts]
        return Conversation(
            text="\n".join(filter(None, parts)) if past.text else new,
            last_user=self.last_user,
            last_role=self.last_role,
            tool_rounds=self.rounds,
            called=tuple(self.called),
            call_ids=tuple(self.call_ids),
            prompt_tokens=past.prompt_tokens + count_tokens(new) + _TOKENS_AN_ITEM * item_count,
        )

    def _read_message(self, index: int, item: dict[str, Any]) -> None:
        role = item.get("role")
        if role is None:
            refuse_missing(f"input[{index}].role")
        if role not in ROLES:
            refuse_value(f"input[{index}].role", role, ROLES)
        text = read_content(item.get("content"), f"input[{index}].content")
        self.texts.append(text)
        self.last_role = role
        if role == "user":
            self.last_user, self.rounds, self.called = text, 0, []

    def _read_call(self, item: dict[str, Any]) -> None:
        if self.last_role != "assistant_call":  # calls side by side are one round
            self.rounds += 1
        self.last_role = "assistant_call"
        self.called.append(str(item.get("name")))
        self.texts.append(str(item.get("arguments") or item.get("input") or ""))
        self.call_ids[str(item.get("call_id"))] = None
        self.unanswered[str(item.get("call_id"))] = None

    def _read_output(self, index: int, item: dict[str, Any]) -> None:
        call_id = item.get("call_id")
        if call_id is None:
            refuse_missing(f"input[{index}].call_id")
        if call_id not in self.call_ids and self._knows_all:
            refuse(f"No tool call found for function call output with call_id {call_id}.", "input")
        if call_id not in self.call_ids:
            self.rounds = max(self.rounds, 1)
        self.unanswered.pop(str(call_id), None)
        output = item.get("output")
        self.texts.append(
            output if isinstance(output, str) else read_content(output, f"input[{index}].output")
        )
        self.last_role = "tool"


def read_content(content: Any, where: str) -> str:
    """The text of a message's content, or of a tool's output."""
    if isinstance(content, str):
        return content
    if content is None:
        refuse_missing(where)
    if not isinstance(content, list):
        refuse_type(where, "one of a string or array of objects", content)
    texts: list[str] = []
    for number, part in enumerate(content):
        if not isinstance(part, dict):
            refuse_type(f"{where}[{number}]", "an object", part)
        if "type" not in part:
            refuse_missing(f"{where}[{number}].type")
        if part["type"] not in PARTS and part["type"] not in _ALSO_TAKEN:
            refuse_value(f"{where}[{number}].type", part["type"], PARTS)
        texts.append(str(part.get("text") or part.get("refusal") or ""))
    return "\n".join(filter(None, texts))

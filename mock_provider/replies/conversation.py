"""What a chat request has said so far, refused where the real provider refuses it.  Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from mock_provider.replies.refusals import (
    refuse,
    refuse_empty,
    refuse_missing,
    refuse_type,
    refuse_value,
)
from mock_provider.replies.text import count_tokens

ROLES = ("system", "assistant", "user", "function", "tool", "developer")
PARTS = (
    "text", "image_url", "input_audio", "refusal", "audio", "file",
    # Anthropic's blocks and those of LangChain, which some clients pass on as they are
    "image", "document", "tool_use", "tool_result", "thinking",
    "input_text", "output_text", "input_image", "input_file",
)  # fmt: skip
_SIMPLE_ROLES = ("user", "system", "assistant", "developer")
_TOKENS_A_MESSAGE = 4
_TOKENS_A_REPLY = 3


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """The prompt, and where in a round of tool calls it stands."""

    text: str  # of all messages
    last_user: str  # text of the last user message; empty when there is none
    last_role: str
    tool_rounds: int = 0  # answers with tool calls since the last user message
    called: tuple[str, ...] = ()  # tools called in them
    call_ids: tuple[str, ...] = ()  # of all calls, where the provider keeps them for later requests
    open_calls: tuple[str, ...] = ()  # of those that have no result yet
    prompt_tokens: int


def read_messages(messages: Any) -> Conversation:
    """The conversation of a chat request's messages.  Raises RequestRefusedError."""
    simple = _read_simple(messages) if type(messages) is list else None
    if simple is not None:
        return simple
    if messages is None:
        refuse_missing("messages")
    if not isinstance(messages, list):
        refuse_type("messages", "an array of objects", messages)
    if not messages:
        refuse_empty("messages")
    reader = _Reader()
    for index, message in enumerate(messages):
        reader.read(index, message)
    return reader.finish(len(messages))


def _read_simple(messages: list[Any]) -> Conversation | None:
    """The conversation when it is what most are: plain text, no tools; else None."""
    texts = []
    last_user = ""
    role: Any = ""
    for message in messages:
        if type(message) is not dict:
            return None
        role, text = message.get("role"), message.get("content")
        if type(text) is not str or role not in _SIMPLE_ROLES or len(message) != 2:
            return None
        texts.append(text)
        if role == "user":
            last_user = text
    if not texts:
        return None
    whole = texts[0] if len(texts) == 1 else "\n".join(texts)
    tokens = count_tokens(whole) + _TOKENS_A_MESSAGE * len(texts) + _TOKENS_A_REPLY
    return Conversation(text=whole, last_user=last_user, last_role=role, prompt_tokens=tokens)


class _Reader:
    """Goes through the messages once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.last_user = ""
        self.last_role = ""
        self.rounds = 0
        self.called: list[str] = []
        self.call_ids: set[str] = set()  # of the last assistant message
        self.unanswered: set[str] = set()
        self.answering = 0  # index of the message the tool messages answer

    def read(self, index: int, message: Any) -> None:
        if not isinstance(message, dict):
            refuse_type(f"messages[{index}]", "an object", message)
        role = message.get("role")
        if role is None:
            refuse_missing(f"messages[{index}].role")
        if role not in ROLES:
            refuse_value(f"messages[{index}].role", role, ROLES)
        if role == "tool":
            self._read_tool(index, message)
        elif self.unanswered:
            self._refuse_unanswered()
        text = _read_content(index, role, message)
        self.texts.append(text)
        self.last_role = role
        if role == "user":
            self.last_user, self.rounds = text, 0
            self.called = []
        elif role == "assistant":
            self._read_calls(index, message)

    def finish(self, message_count: int) -> Conversation:
        if self.unanswered:
            self._refuse_unanswered()
        text = "\n".join(self.texts)
        return Conversation(
            text=text,
            last_user=self.last_user,
            last_role=self.last_role,
            tool_rounds=self.rounds,
            called=tuple(self.called),
            prompt_tokens=count_tokens(text) + _TOKENS_A_MESSAGE * message_count + _TOKENS_A_REPLY,
        )

    def _read_tool(self, index: int, message: dict[str, Any]) -> None:
        call_id = message.get("tool_call_id")
        if call_id is None:
            refuse_missing(f"messages[{index}].tool_call_id")
        if not self.call_ids:
            refuse(
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message"
                " with 'tool_calls'.",
                f"messages.[{index}].role",
            )
        if call_id not in self.call_ids:
            refuse(
                f"Invalid parameter: 'tool_call_id' of '{call_id}' not found in 'tool_calls' of previous message.",
                f"messages.[{index}].tool_call_id",
            )
        self.unanswered.discard(call_id)

    def _read_calls(self, index: int, message: dict[str, Any]) -> None:
        calls = message.get("tool_calls") or []
        if not isinstance(calls, list):
            refuse_type(f"messages[{index}].tool_calls", "an array of objects", calls)
        self.answering = index
        self.call_ids = {str(call.get("id")) for call in calls if isinstance(call, dict)}
        self.unanswered = set(self.call_ids)
        function_call = message.get("function_call")
        if calls or function_call:
            self.rounds += 1
        for call in [*calls, {"function": function_call}]:
            called = call.get("function") or call.get("custom") if isinstance(call, dict) else None
            if isinstance(called, dict):
                self.called.append(str(called.get("name")))
                self.texts.append(str(called.get("arguments") or ""))

    def _refuse_unanswered(self) -> None:
        missing = ", ".join(sorted(self.unanswered))
        refuse(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
            f" 'tool_call_id'. The following tool_call_ids did not have response messages: {missing}",
            f"messages.[{self.answering}].role",
        )


def _read_content(index: int, role: str, message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(
            filter(None, (_read_part(index, number, part) for number, part in enumerate(content)))
        )
    if content is not None:
        refuse_type(f"messages[{index}].content", "one of a string or array of objects", content)
    if role not in ("assistant", "function"):
        refuse("Invalid value for 'content': expected a string, got null.", f"messages.[{index}].content")
    return ""


def _read_part(index: int, number: int, part: Any) -> str:
    where = f"messages[{index}].content[{number}]"
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        refuse_type(where, "an object", part)
    kind = part.get("type")
    if kind is None:
        refuse_missing(f"{where}.type")
    if kind not in PARTS:
        refuse_value(f"{where}.type", kind, PARTS[:6])
    text = part.get("text") or part.get("refusal")
    if kind == "text" and not isinstance(text, str) and text is not None:
        refuse_type(f"{where}.text", "a string", text)
    if kind == "tool_result":
        return _nested_text(part.get("content"))
    return text if isinstance(text, str) else ""


def _nested_text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""

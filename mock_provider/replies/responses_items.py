"""The output items of a response, and the response around them, as JSON.  Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from mock_provider.replies.answer import Answer
from mock_provider.replies.chat_stream import call_id
from mock_provider.replies.formats import describe_format
from mock_provider.replies.logprobs import make_token_logprobs
from mock_provider.replies.reasoning import make_item, shows_reasoning
from mock_provider.replies.reply import ReplyIds
from mock_provider.replies.responses_tools import describe_choice, describe_tool
from mock_provider.replies.tool_choice import ToolCall

_encode = msgspec.json.encode
_PART = b'{"type":"output_text","annotations":[],"logprobs":[%b],"text":%b}'
_MESSAGE = b'{"id":"msg_%b","type":"message","status":"%b","role":"assistant","content":[%b]}'
_FUNCTION_CALL = (
    b'{"id":"fc_%b","type":"function_call","status":"%b","arguments":%b,"call_id":"call_%b","name":%b}'
)
_CUSTOM_CALL = (
    b'{"id":"ctc_%b","type":"custom_tool_call","status":"%b","input":%b,"call_id":"call_%b","name":%b}'
)
_USAGE = (
    b'{"input_tokens":%d,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},'
    b'"output_tokens":%d,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":%d}'
)
_LOGPROBS = "message.output_text.logprobs"


class ResponseParts:
    """The pieces of one response, which the plain answer and the events put together."""

    def __init__(self, request: dict[str, Any], answer: Answer, ids: ReplyIds, prompt_tokens: int) -> None:
        self.answer = answer
        self.token = ids.token.encode()
        self._created = ids.created
        self._common = _encode(describe(request, ids))[1:-1]
        tokens = answer.token_count
        self._usage = _USAGE % (prompt_tokens, tokens, prompt_tokens + tokens)
        self.reasoning = make_item(request, ids) if shows_reasoning(request) else None
        self.answer_index = 1 if self.reasoning else 0  # of its first item
        wanted = _LOGPROBS in (request.get("include") or ())
        self.logprobs = make_token_logprobs(request, answer.text) if wanted else []

    @property
    def is_cut(self) -> bool:
        return self.answer.finish_reason == "length"

    def opening(self) -> bytes:
        """The response while nothing is generated yet."""
        return b"{" + self._common + b',"status":"in_progress","incomplete_details":null,"output":[]}'

    def closing(self) -> bytes:
        """The response when all is said."""
        items = [self.call(number, call) for number, call in enumerate(self.answer.calls)] or [self.message()]
        if self.reasoning:
            items.insert(0, _encode(self.reasoning))
        status = b'"incomplete","incomplete_details":{"reason":"max_output_tokens"}'
        done = b'"completed","completed_at":%d,"incomplete_details":null' % self._created
        return b'{%b,"status":%b,"output":[%b],"usage":%b}' % (
            self._common,
            status if self.is_cut else done,
            b",".join(items),
            self._usage,
        )

    def part(self) -> bytes:
        """The text, whole."""
        return _PART % (b",".join(self.logprobs), self.answer.text.encoded)

    def message(self) -> bytes:
        """The message, whole."""
        return _MESSAGE % (self.token, b"incomplete" if self.is_cut else b"completed", self.part())

    def opened_message(self) -> bytes:
        """The message before its first part."""
        return _MESSAGE % (self.token, b"in_progress", b"")

    def call(self, number: int, call: ToolCall) -> bytes:
        """A call, whole."""
        return self._write_call(number, call, b"completed", _encode(call.arguments))

    def opened_call(self, number: int, call: ToolCall) -> bytes:
        """A call before its arguments."""
        return self._write_call(number, call, b"in_progress", b'""')

    def call_item_id(self, number: int, call: ToolCall) -> bytes:
        """The id of a call's item, which is not the id of the call."""
        prefix = b"fc_" if call.kind == "function" else b"ctc_"
        return prefix + call_id(self.token, 1, number)

    def _write_call(self, number: int, call: ToolCall, status: bytes, arguments: bytes) -> bytes:
        shape = _FUNCTION_CALL if call.kind == "function" else _CUSTOM_CALL
        identity, called = call_id(self.token, 1, number), call_id(self.token, 0, number)
        return shape % (identity, status, arguments, called, _encode(call.name))


def describe(request: dict[str, Any], ids: ReplyIds) -> dict[str, Any]:
    """What a response says of the request it answers, the same in every event."""

    def given(key: str, default: Any) -> Any:
        value = request.get(key)
        return default if value is None else value

    described = {
        "id": f"resp_{ids.token}",
        "object": "response",
        "created_at": ids.created,
        "background": given("background", False),
        "error": None,
        "instructions": request.get("instructions"),
        "max_output_tokens": request.get("max_output_tokens"),
        "max_tool_calls": request.get("max_tool_calls"),
        "metadata": given("metadata", {}),
        "model": request["model"],
        "parallel_tool_calls": given("parallel_tool_calls", True),
        "previous_response_id": request.get("previous_response_id"),
        "prompt_cache_key": request.get("prompt_cache_key"),
        "reasoning": _describe_reasoning(given("reasoning", {})),
        "safety_identifier": request.get("safety_identifier"),
        "service_tier": "default",
        "store": given("store", True),
        "temperature": given("temperature", 1.0),
        "text": _describe_text(given("text", {})),
        "tool_choice": describe_choice(request.get("tool_choice")),
        "tools": [describe_tool(tool) for tool in given("tools", [])],
        "top_logprobs": given("top_logprobs", 0),
        "top_p": given("top_p", 1.0),
        "truncation": given("truncation", "disabled"),
    }
    if request.get("user") is not None:
        described["user"] = request["user"]
    talk = request.get("conversation")
    if talk is not None:
        described["conversation"] = {"id": talk.get("id") if isinstance(talk, dict) else talk}
    return described


def _describe_text(text: dict[str, Any]) -> dict[str, Any]:
    return {"format": describe_format(text.get("format")), "verbosity": text.get("verbosity") or "medium"}


def _describe_reasoning(reasoning: dict[str, Any]) -> dict[str, Any]:
    return {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")}

"""Responses: the event stream, numbered, each event under its own name.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import Any

import msgspec

from mock_provider.replies.answer import Answer
from mock_provider.replies.reasoning import count_item_events, make_item_events
from mock_provider.replies.reply import ReplyIds
from mock_provider.replies.responses_items import ResponseParts
from mock_provider.replies.tool_choice import ToolCall

_BEFORE_TEXT = 4  # created, in progress, item added, part added
_BEFORE_CALLS = 2
_AFTER_CALL = 2  # arguments done, item done


def first_paced(request: dict[str, Any], answer: Answer) -> int:
    """Index of the first event that stands for a token."""
    return count_item_events(request) + (_BEFORE_CALLS if answer.calls else _BEFORE_TEXT)


def count_paced(answer: Answer) -> int:
    """How many events lie from the first token to the last, those between two calls included."""
    return answer.token_count + _AFTER_CALL * max(len(answer.calls) - 1, 0)


def make_events(request: dict[str, Any], answer: Answer, ids: ReplyIds, prompt_tokens: int) -> list[bytes]:
    """All frames.  This endpoint has no [DONE]."""
    parts = ResponseParts(request, answer, ids, prompt_tokens)
    frames = _Frames()
    frames.add("response.created", b'"response":' + parts.opening())
    frames.add("response.in_progress", b'"response":' + parts.opening())
    if parts.reasoning:
        for kind, content in make_item_events(parts.reasoning):
            frames.add(kind, content)
    if answer.calls:
        for number, call in enumerate(answer.calls):
            _add_call(frames, parts, number, call)
    else:
        _add_message(frames, parts)
    frames.add(
        "response.incomplete" if parts.is_cut else "response.completed", b'"response":' + parts.closing()
    )
    return frames.events


class _Frames:
    """Events in the order they were added, with their sequence numbers."""

    def __init__(self) -> None:
        self.events: list[bytes] = []

    def add(self, kind: str, content: bytes) -> None:
        self.add_all(kind, (content,))

    def add_all(self, kind: str, contents: Iterable[bytes]) -> None:
        """Many events of one kind; the content is what follows type and number."""
        name = kind.encode()
        head = b"event: " + name + b'\ndata: {"type":"' + name + b'","sequence_number":'
        start = len(self.events)
        self.events += [b"%b%d,%b}\n\n" % (head, start + n, content) for n, content in enumerate(contents)]


def _add_message(frames: _Frames, parts: ResponseParts) -> None:
    index = b'"output_index":%d,' % parts.answer_index
    where = b'"item_id":"msg_' + parts.token + b'",' + index + b'"content_index":0,'
    text = parts.answer.text
    frames.add("response.output_item.added", index + b'"item":' + parts.opened_message())
    empty = b'"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}'
    frames.add("response.content_part.added", where + empty)
    before = where + b'"delta":'
    logprobs = parts.logprobs or repeat(b"")
    frames.add_all(
        "response.output_text.delta",
        [b'%b%b,"logprobs":[%b]' % (before, piece, log) for piece, log in zip(text.encoded_pieces, logprobs)],  # noqa: B905
    )
    whole = b'"text":%b,"logprobs":[%b]' % (text.encoded, b",".join(parts.logprobs))
    frames.add("response.output_text.done", where + whole)
    frames.add("response.content_part.done", where + b'"part":' + parts.part())
    frames.add("response.output_item.done", index + b'"item":' + parts.message())


def _add_call(frames: _Frames, parts: ResponseParts, number: int, call: ToolCall) -> None:
    index = b'"output_index":%d,' % (parts.answer_index + number)
    where = b'"item_id":"' + parts.call_item_id(number, call) + b'",' + index
    frames.add("response.output_item.added", index + b'"item":' + parts.opened_call(number, call))
    is_function = call.kind == "function"
    kind = "response.function_call_arguments" if is_function else "response.custom_tool_call_input"
    before = where + b'"delta":'
    frames.add_all(f"{kind}.delta", [before + piece for piece in call.text.encoded_pieces])
    named = b'"name":' + _quote(call.name) + b',"arguments":' if is_function else b'"input":'
    frames.add(f"{kind}.done", where + named + call.text.encoded)
    frames.add("response.output_item.done", index + b'"item":' + parts.call(number, call))


def _quote(text: str) -> bytes:
    return msgspec.json.encode(text)

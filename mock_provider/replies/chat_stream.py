"""Chat completions: the event stream.  Pure.

One token an event; an event is the frame's ready bytes around the encoded token.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import msgspec

from mock_provider.replies.answer import Answer
from mock_provider.replies.audio import make_audio, speaks
from mock_provider.replies.logprobs import make_token_logprobs
from mock_provider.replies.reply import ReplyIds
from mock_provider.replies.tool_choice import ToolCall

FINGERPRINT = b"fp_c0ffee1234"
DONE = b"data: [DONE]\n\n"
_encode = msgspec.json.encode
_HEAD = (
    b'data: {"id":"chatcmpl-%b","object":"chat.completion.chunk","created":%d,"model":%b,"service_tier":"default",'
    b'"system_fingerprint":"' + FINGERPRINT + b'","choices":['
)
_CHOICE = b'{"index":%d,"delta":'
_OPEN = b',"logprobs":null,"finish_reason":null}]'
_FIRST_CALL = b'{"index":%d,"id":"call_%b","type":"function","function":{"name":%b,"arguments":""}}'
_FIRST_CUSTOM_CALL = (
    b'{"index":%d,"id":"call_%b","custom":{"name":%b,"input":""}}'  # the schema has no type for it
)


def make_events(request: dict[str, Any], answer: Answer, ids: ReplyIds, usage: bytes) -> list[bytes]:
    """All frames: for each choice the role, its tokens and the finish reason; then usage when asked for, and [DONE]."""
    token = ids.token.encode()
    head = _HEAD % (token, ids.created, _encode(request["model"]))
    options = request.get("stream_options") or {}
    close = b',"usage":null}\n\n' if options.get("include_usage") else b"}\n\n"
    choices = [_Choice(request, answer, ids, n, head, close) for n in range(request.get("n") or 1)]
    events = [choice.first for choice in choices if choice.first]
    if len(choices) == 1:
        events += choices[0].tokens
    else:
        events += chain.from_iterable(zip(*(choice.tokens for choice in choices), strict=True))
    events += [choice.last for choice in choices]
    if options.get("include_usage"):
        events.append(head + b'],"usage":' + usage + b"}\n\n")
    events.append(DONE)
    return events


class _Choice:
    """The frames of one choice."""

    def __init__(
        self, request: dict[str, Any], answer: Answer, ids: ReplyIds, index: int, head: bytes, close: bytes
    ) -> None:
        self._open = head + _CHOICE % index
        self._close = close
        self.first = b""
        reason = finish_reason_of(request, answer)
        if not answer.calls and "audio" in request and speaks(request):
            audio = _encode(make_audio(request, ids.token.encode(), index, ids.created))
            self.first = self._frame(b'{"role":"assistant","content":null,"refusal":null,"audio":%b}' % audio)
            self.tokens = [
                self._frame(b'{"audio":{"transcript":%b}}' % piece) for piece in answer.text.encoded_pieces
            ]
        elif not answer.calls:
            self.first = self._frame(b'{"role":"assistant","content":"","refusal":null}')
            self.tokens = self._text_tokens(request, answer)
        elif request.get("functions") and not request.get("tools"):
            self.tokens = self._function_tokens(answer.calls[0])
        else:
            self.tokens = self._call_tokens(answer, ids.token.encode(), index)
        self.last = self._open + b'{},"logprobs":null,"finish_reason":"' + reason + b'"}]' + close

    def _frame(self, delta: bytes) -> bytes:
        return self._open + delta + _OPEN + self._close

    def _text_tokens(self, request: dict[str, Any], answer: Answer) -> list[bytes]:
        before = self._open + b'{"content":'
        if not request.get("logprobs"):
            after = b"}" + _OPEN + self._close
            return [before + piece + after for piece in answer.text.encoded_pieces]
        after = b',"finish_reason":null}]' + self._close
        logprobs = make_token_logprobs(request, answer.text)
        return [
            before + piece + b'},"logprobs":{"content":[' + logprob + b'],"refusal":null}' + after
            for piece, logprob in zip(answer.text.encoded_pieces, logprobs, strict=True)
        ]

    def _call_tokens(self, answer: Answer, token: bytes, index: int) -> list[bytes]:
        frames: list[bytes] = []
        opening = b'{"role":"assistant","content":null,"tool_calls":['
        for number, call in enumerate(answer.calls):
            frames.append(
                self._frame(opening + _first_part(call, call_id(token, index, number), number) + b"]}")
            )
            opening = b'{"tool_calls":['
            field = b'"function":{"arguments":' if call.kind == "function" else b'"custom":{"input":'
            before = self._open + b'{"tool_calls":[{"index":%d,' % number + field
            after = b"}}]}" + _OPEN + self._close
            frames += [before + piece + after for piece in call.text.encoded_pieces]
        return frames

    def _function_tokens(self, call: ToolCall) -> list[bytes]:
        opening = b'{"role":"assistant","content":null,"function_call":{"name":%b,"arguments":""}}'
        before = self._open + b'{"function_call":{"arguments":'
        after = b"}}" + _OPEN + self._close
        pieces = [before + piece + after for piece in call.text.encoded_pieces]
        return [self._frame(opening % _encode(call.name)), *pieces]


def finish_reason_of(request: dict[str, Any], answer: Answer) -> bytes:
    """Why a choice ended, in the words of the request's dialect: with ``functions`` there are no tools."""
    if answer.finish_reason == "tool_calls" and request.get("functions") and not request.get("tools"):
        return b"function_call"
    return answer.finish_reason.encode()


def call_id(token: bytes, index: int, number: int) -> bytes:
    """Distinct for each call of an answer."""
    return b"%b%02x%02x" % (token[4:], index, number)


def _first_part(call: ToolCall, identity: bytes, number: int) -> bytes:
    shape = _FIRST_CALL if call.kind == "function" else _FIRST_CUSTOM_CALL
    return shape % (number, identity, _encode(call.name))

"""Chat completions: the plain answer.  Pure.

Bodies are put together from ready bytes; what comes from the request is encoded once.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from mock_provider.replies.answer import Answer, plan_answer
from mock_provider.replies.audio import speak, speaks
from mock_provider.replies.chat_request import read_model, read_wishes
from mock_provider.replies.chat_stream import FINGERPRINT, call_id, finish_reason_of, make_events
from mock_provider.replies.conversation import read_messages
from mock_provider.replies.logprobs import make_logprobs
from mock_provider.replies.model_names import check_chat_model
from mock_provider.replies.refusals import refuse
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.script import Script
from mock_provider.replies.tool_choice import ToolCall

_encode = msgspec.json.encode
_HEAD = b'{"id":"chatcmpl-%b","object":"chat.completion","created":%d,"model":%b,"choices":['
_TEXT_CHOICE = (
    b'{"index":%d,"message":{"role":"assistant","content":%b,"refusal":null,"annotations":[]},'
    b'"logprobs":%b,"finish_reason":"%b"}'
)
_SPOKEN_CHOICE = (
    b'{"index":%d,"message":{"role":"assistant","content":null,"refusal":null,"annotations":[],"audio":%b},'
    b'"logprobs":null,"finish_reason":"%b"}'
)
_CALL_CHOICE = (
    b'{"index":%d,"message":{"role":"assistant","content":null,"tool_calls":[%b],"refusal":null,"annotations":[]},'
    b'"logprobs":null,"finish_reason":"%b"}'
)
_FUNCTION_CHOICE = (
    b'{"index":%d,"message":{"role":"assistant","content":null,"function_call":{"name":%b,"arguments":%b},'
    b'"refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"%b"}'
)
_CALL = b'{"id":"call_%b","type":"function","function":{"name":%b,"arguments":%b}}'
_CUSTOM_CALL = b'{"id":"call_%b","type":"custom","custom":{"name":%b,"input":%b}}'
_USAGE = (
    b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,'
    b'"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
    b'"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,'
    b'"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}'
)
_TAIL = b'],"usage":%b,"service_tier":"default","system_fingerprint":"' + FINGERPRINT + b'"}'


def reply_to_chat(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """The answer to a chat completion.  Raises RequestRefusedError."""
    model = read_model(request, script.models)
    check_chat_model(model)
    wishes = read_wishes(request, accept_unknown=script.accept_unknown_parameters)
    talk = read_messages(request.get("messages"))
    if wishes.json_object and "json" not in talk.text.lower():
        refuse(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            "messages",
        )
    check_context(talk.prompt_tokens, script.context_tokens)
    answer = plan_answer(talk, wishes, script)
    count = request.get("n") or 1
    tokens = answer.token_count * count
    usage = make_usage(talk.prompt_tokens, tokens)
    return Reply(
        make_body=partial(_make_body, request, answer, ids, usage),
        make_events=partial(make_events, request, answer, ids, usage),
        model=model,
        prompt_text=talk.text,
        prompt_tokens=talk.prompt_tokens,
        completion_tokens=tokens,
        first_token_index=0 if answer.calls else count,
        token_count=tokens,
        tools_called=[call.name for call in answer.calls],
    )


def make_usage(prompt_tokens: int, completion_tokens: int) -> bytes:
    return _USAGE % (prompt_tokens, completion_tokens, prompt_tokens + completion_tokens)


def check_context(prompt_tokens: int, limit: int | None) -> None:
    """Refuse a prompt longer than the model's window."""
    if limit is not None and prompt_tokens > limit:
        refuse(
            f"This model's maximum context length is {limit} tokens. However, your messages resulted in"
            f" {prompt_tokens} tokens. Please reduce the length of the messages.",
            "messages",
            "context_length_exceeded",
        )


def _make_body(request: dict[str, Any], answer: Answer, ids: ReplyIds, usage: bytes) -> bytes:
    token = ids.token.encode()
    make = _speak_choice if "audio" in request and speaks(request) and not answer.calls else _make_choice
    choices = b",".join([make(request, answer, ids, n) for n in range(request.get("n") or 1)])
    return _HEAD % (token, ids.created, _encode(request["model"])) + choices + _TAIL % usage


def _speak_choice(request: dict[str, Any], answer: Answer, ids: ReplyIds, index: int) -> bytes:
    spoken = speak(request, ids.token.encode(), index, ids.created, answer.text.whole)
    return _SPOKEN_CHOICE % (index, spoken, answer.finish_reason.encode())


def _make_choice(request: dict[str, Any], answer: Answer, ids: ReplyIds, index: int) -> bytes:
    if not answer.calls:
        logprobs = make_logprobs(request, answer.text) if request.get("logprobs") else b"null"
        return _TEXT_CHOICE % (index, answer.text.encoded, logprobs, answer.finish_reason.encode())
    reason = finish_reason_of(request, answer)
    if request.get("functions") and not request.get("tools"):
        call = answer.calls[0]
        return _FUNCTION_CHOICE % (index, _encode(call.name), _encode(call.arguments), reason)
    token = ids.token.encode()
    calls = b",".join([_make_call(call, token, index, number) for number, call in enumerate(answer.calls)])
    return _CALL_CHOICE % (index, calls, reason)


def _make_call(call: ToolCall, token: bytes, index: int, number: int) -> bytes:
    shape = _CALL if call.kind == "function" else _CUSTOM_CALL
    return shape % (call_id(token, index, number), _encode(call.name), _encode(call.arguments))

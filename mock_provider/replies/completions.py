"""Legacy text completions, plain and streamed.  Pure."""

from __future__ import annotations

from functools import partial
from itertools import accumulate, chain
from typing import Any

import msgspec

from mock_provider.replies.answer import Answer, plan_answer
from mock_provider.replies.chat import check_context, make_usage
from mock_provider.replies.chat_request import read_model
from mock_provider.replies.chat_stream import DONE
from mock_provider.replies.conversation import Conversation
from mock_provider.replies.fields import check_fields, read_stops
from mock_provider.replies.logprobs import logprob_of, rank_alternatives
from mock_provider.replies.model_names import check_text_model
from mock_provider.replies.refusals import refuse, refuse_empty, refuse_missing, refuse_type
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.script import Script
from mock_provider.replies.text import Text, count_tokens, split_text
from mock_provider.replies.wishes import Wishes

DEFAULT_MAX_TOKENS = 16
_FIELDS = frozenset(
    (
        *(
            "model",
            "prompt",
            "best_of",
            "echo",
            "frequency_penalty",
            "logit_bias",
            "logprobs",
            "max_tokens",
            "n",
        ),
        *(
            "presence_penalty",
            "seed",
            "stop",
            "stream",
            "stream_options",
            "suffix",
            "temperature",
            "top_p",
            "user",
        ),
    )
)
_MOST_LOGPROBS = 5
_CHECKED_OTHERWISE = ("tools", "max_tokens")
_encode = msgspec.json.encode
_HEAD = b'{"id":"cmpl-%b","object":"text_completion","created":%d,"model":%b,"choices":['
_CHOICE = b'{"text":%b,"index":%d,"logprobs":%b,"finish_reason":%b}'


def reply_to_completions(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """The answer to a text completion.  Raises RequestRefusedError."""
    model = read_model(request, script.models)
    check_text_model(model)
    check_fields({key: value for key, value in request.items() if key not in _CHECKED_OTHERWISE})
    if not script.accept_unknown_parameters and not _FIELDS.issuperset(request):
        refuse(
            f"Unrecognized request argument supplied: {next(key for key in request if key not in _FIELDS)}"
        )
    _check_logprobs(request.get("logprobs"))
    _check_max_tokens(request.get("max_tokens"))
    prompts = _read_prompts(request)
    prompt_tokens = sum(count_tokens(p) if isinstance(p, str) else len(p) for p in prompts)
    check_context(prompt_tokens, script.context_tokens)
    wishes = Wishes(
        max_tokens=DEFAULT_MAX_TOKENS if request.get("max_tokens") is None else request["max_tokens"],
        stops=read_stops(request.get("stop")),
    )
    answers = [
        _answer(prompt, wishes, script, request) for prompt in prompts for _ in range(request.get("n") or 1)
    ]
    tokens = sum(answer.token_count for answer in answers)
    usage = make_usage(prompt_tokens, tokens)
    return Reply(
        make_body=partial(_make_body, request, answers, ids, usage),
        make_events=partial(_make_events, request, answers, ids, usage),
        model=model,
        prompt_text="\n".join(prompt for prompt in prompts if isinstance(prompt, str)),
        prompt_tokens=prompt_tokens,
        completion_tokens=tokens,
        token_count=sum(len(answer.text.pieces) for answer in answers),
    )


def _answer(prompt: Any, wishes: Wishes, script: Script, request: dict[str, Any]) -> Answer:
    text = prompt if isinstance(prompt, str) else ""
    talk = Conversation(text=text, last_user=text, last_role="user", prompt_tokens=0)
    answer = plan_answer(talk, wishes, script)
    if not request.get("echo"):
        return answer
    echoed = Text(split_text(text).pieces + answer.text.pieces)
    return Answer(echoed, (), answer.finish_reason, answer.token_count)


def _make_body(request: dict[str, Any], answers: list[Answer], ids: ReplyIds, usage: bytes) -> bytes:
    head = _HEAD % (ids.token.encode(), ids.created, _encode(request["model"]))
    choices = [
        _CHOICE
        % (answer.text.encoded, index, _logprobs_of(request, answer.text), _encode(answer.finish_reason))
        for index, answer in enumerate(answers)
    ]
    return head + b",".join(choices) + b'],"usage":' + usage + b"}"


def _make_events(request: dict[str, Any], answers: list[Answer], ids: ReplyIds, usage: bytes) -> list[bytes]:
    head = b"data: " + _HEAD % (ids.token.encode(), ids.created, _encode(request["model"]))
    with_usage = bool((request.get("stream_options") or {}).get("include_usage"))
    close = b'],"usage":null}\n\n' if with_usage else b"]}\n\n"
    tokens = [
        [head + _token_choice(request, piece, index) + close for piece in answer.text.pieces]
        for index, answer in enumerate(answers)
    ]
    last = [
        head + _CHOICE % (b'""', index, b"null", _encode(answer.finish_reason)) + close
        for index, answer in enumerate(answers)
    ]
    events = [*chain.from_iterable(tokens), *last]
    if with_usage:
        events.append(head + b'],"usage":' + usage + b"}\n\n")
    events.append(DONE)
    return events


def _token_choice(request: dict[str, Any], piece: str, index: int) -> bytes:
    return _CHOICE % (_encode(piece), index, _logprobs_of(request, Text((piece,))), b"null")


def _logprobs_of(request: dict[str, Any], text: Text) -> bytes:
    count = request.get("logprobs")
    if count is None:
        return b"null"
    lengths = [len(piece) for piece in text.pieces]
    return _encode(
        {
            "tokens": text.pieces,
            "token_logprobs": [logprob_of(piece) for piece in text.pieces],
            "top_logprobs": [dict(rank_alternatives(piece, count)) for piece in text.pieces],
            "text_offset": list(accumulate(lengths[:-1], initial=0)) if lengths else [],
        }
    )


def _check_logprobs(value: Any) -> None:
    if value is None:
        return
    if type(value) is not int:
        refuse_type("logprobs", "an integer", value)
    if not 0 <= value <= _MOST_LOGPROBS:
        refuse(
            f"Invalid value for 'logprobs': {value}; it must be between 0 and {_MOST_LOGPROBS}.", "logprobs"
        )


def _check_max_tokens(value: Any) -> None:
    """None at all is a wish here: what is echoed can be scored."""
    if value != 0 or type(value) is not int:
        check_fields({"max_tokens": value})


def _read_prompts(request: dict[str, Any]) -> list[Any]:
    """Texts, or lists of token numbers."""
    prompt = request.get("prompt", "<|endoftext|>")
    if prompt is None:
        refuse_missing("prompt")
    if isinstance(prompt, str):
        return [prompt]
    if not isinstance(prompt, list):
        refuse_type("prompt", "one of a string, array of strings, or array of token numbers", prompt)
    if not prompt:
        refuse_empty("prompt")
    if all(type(item) is int for item in prompt):
        return [prompt]
    for index, item in enumerate(prompt):
        if not isinstance(item, str | list):
            refuse_type(f"prompt[{index}]", "one of a string or array of token numbers", item)
    return prompt

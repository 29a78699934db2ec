"""Responses: the plain answer.  Pure."""

from __future__ import annotations

from functools import partial
from typing import Any

from mock_provider.replies.answer import Answer, plan_answer
from mock_provider.replies.chat import check_context
from mock_provider.replies.chat_request import read_model
from mock_provider.replies.conversation import Conversation
from mock_provider.replies.memory import Memory
from mock_provider.replies.past import find_past, go_on, keep_response, with_conversation
from mock_provider.replies.refusals import refuse
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.responses_input import read_input
from mock_provider.replies.responses_items import ResponseParts
from mock_provider.replies.responses_request import read_wishes
from mock_provider.replies.responses_stream import count_paced, first_paced, make_events
from mock_provider.replies.script import Script

DEFAULT_MODEL = "gpt-4o"  # of a stored prompt, which names its model itself


def reply_to_responses(
    request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None = None
) -> Reply:
    """The answer to a responses request, kept for later ones.  Raises RequestRefusedError."""
    if request.get("model") is None and request.get("prompt"):
        request = {**request, "model": DEFAULT_MODEL}
    model = read_model(request, script.models)
    wishes = read_wishes(request, accept_unknown=script.accept_unknown_parameters)
    talk = _read_talk(request, ids, memory)
    if wishes.json_object and "json" not in talk.text.lower():
        refuse(
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type"
            " 'json_object'.",
            "input",
        )
    check_context(talk.prompt_tokens, script.context_tokens)
    answer = plan_answer(talk, wishes, script)
    reply = Reply(
        make_body=partial(_make_body, request, answer, ids, talk.prompt_tokens),
        make_events=partial(make_events, request, answer, ids, talk.prompt_tokens),
        model=model,
        prompt_text=talk.text,
        prompt_tokens=talk.prompt_tokens,
        completion_tokens=answer.token_count,
        first_token_index=first_paced(request, answer),
        token_count=count_paced(answer),
        tools_called=[call.name for call in answer.calls],
    )
    if memory is not None:
        keep_response(memory, request, ids, reply, go_on(talk, answer, request, ids))
    return reply


def _read_talk(request: dict[str, Any], ids: ReplyIds, memory: Memory | None) -> Conversation:
    if memory is None:
        return read_input(request)
    past = find_past(request, memory, ids.seed)
    return read_input(with_conversation(request, memory, ids.seed), past)


def _make_body(request: dict[str, Any], answer: Answer, ids: ReplyIds, prompt_tokens: int) -> bytes:
    return ResponseParts(request, answer, ids, prompt_tokens).closing()

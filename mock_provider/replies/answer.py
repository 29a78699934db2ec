"""Decides what to answer: text, JSON or tool calls.  Pure; the endpoints put it into their own shapes.

While the model may choose, it calls tools first and answers in text after their results, as agents expect.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from mock_provider.replies.conversation import Conversation
from mock_provider.replies.json_text import (
    asks_for_json,
    fill_as_json,
    find_schema,
    make_json_of_size,
    make_object,
)
from mock_provider.replies.lifting import clip_prompt
from mock_provider.replies.refusals import refuse
from mock_provider.replies.script import Script
from mock_provider.replies.spotting import split_name
from mock_provider.replies.templates import MARK, fill_template
from mock_provider.replies.text import (
    Text,
    cut_at_stop,
    find_canaries,
    join_texts,
    make_answer_text,
    split_fixed_text,
    split_text,
)
from mock_provider.replies.text_agents import END_MARK, find_step
from mock_provider.replies.tool_choice import ToolCall, choose_calls
from mock_provider.replies.wishes import Wishes

FinishReason = Literal["stop", "length", "tool_calls"]
EMPTY = Text(())
_FEW_WORDS = 3  # of a greeting
_ASKING = ("user", "system", "developer")  # who may have the last word when the model is to begin
_FENCE = re.compile(r"```json|json code ?block", re.IGNORECASE)


class Answer(msgspec.Struct, frozen=True):
    """What one choice says."""

    text: Text
    calls: tuple[ToolCall, ...]
    finish_reason: FinishReason
    token_count: int


def plan_answer(talk: Conversation, wishes: Wishes, script: Script) -> Answer:
    """The answer to this conversation; the same for every ``n``.

    Raises RequestRefusedError for a schema that cannot be followed.
    """
    try:
        return _plan(talk, wishes, script)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # A schema is the request's own: junk in it surfaces wherever it is used, and is never our fault.
        if not wishes.tools and wishes.schema is None and '"properties"' not in talk.text:
            raise
        refuse(
            f"Invalid schema: {error}", "tools" if wishes.tools else "response_format", "invalid_json_schema"
        )


def _plan(talk: Conversation, wishes: Wishes, script: Script) -> Answer:
    if wishes.tools and _calls_now(talk, wishes, script):
        calls = choose_calls(talk, wishes, script)
        reason: FinishReason = "stop" if wishes.is_named else "tool_calls"  # it was no choice of the model
        return Answer(EMPTY, calls, reason, sum(call.token_count for call in calls))
    text = make_text(talk, wishes, script)
    if wishes.stops:
        text = cut_at_stop(text, wishes.stops)
    count = len(text.pieces)
    if wishes.max_tokens is not None and wishes.max_tokens < count:
        return Answer(Text(text.pieces[: wishes.max_tokens]), (), "length", wishes.max_tokens)
    return Answer(text, (), "stop", count)


def make_text(talk: Conversation, wishes: Wishes, script: Script) -> Text:
    """The text before stop sequences and limits."""
    if script.reply_text is not None:
        return split_fixed_text(script.reply_text)
    canaries = find_canaries(talk.last_user) if script.echo_canaries else []
    prompt = talk.last_user or talk.text
    if wishes.schema is not None:
        return split_text(fill_as_json(wishes.schema, prompt, canaries))
    if script.json_bytes is not None:
        return make_json_of_size(script.json_bytes, canaries)
    if MARK in talk.text and not wishes.json_object:
        filled = fill_template(talk.text, talk.last_user, canaries)
        if filled is not None:
            return split_text(filled)
    schema = find_schema(talk.text) if '"properties"' in talk.text else None
    if schema is not None:
        written = fill_as_json(schema, prompt, canaries)
        return split_text(_fence(written) if not wishes.json_object and _FENCE.search(talk.text) else written)
    if wishes.json_object:
        return split_text(make_object(talk.text, talk.last_user, canaries))
    if asks_for_json(talk.text):
        written = make_object(talk.text, talk.last_user, canaries)
        return split_text(_fence(written) if _FENCE.search(talk.text) else written)
    step = find_step(talk.text, script.tool_rounds) if END_MARK in talk.text else None
    if step is not None and END_MARK not in step:
        return split_text(step)
    answer = make_answer_text(script.reply_tokens, canaries)
    return answer if step is None else join_texts(split_text(step), answer)


def _fence(text: str) -> str:
    return f"```json\n{text}\n```"


def _calls_now(talk: Conversation, wishes: Wishes, script: Script) -> bool:
    if wishes.must_call or script.always_tool_call:
        return True
    if talk.tool_rounds >= script.tool_rounds:
        return False
    return talk.tool_rounds > 0 or (talk.last_role in _ASKING and _is_task(talk, wishes))


def _is_task(talk: Conversation, wishes: Wishes) -> bool:
    """Whether the prompt is more than a greeting: a few words, or one that names a tool."""
    prompt = clip_prompt(talk.last_user or talk.text)
    if len(prompt.split(maxsplit=_FEW_WORDS)) > _FEW_WORDS:
        return True
    written = prompt.lower()
    return any(
        tool.name.lower() in written
        or any(word in written for word in split_name(tool.name) if len(word) > 3)
        for tool in wishes.tools
    )

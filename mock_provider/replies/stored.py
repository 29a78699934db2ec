"""What is said of objects made earlier: lists, single ones, their end.  Pure.

Of chat completions nothing is remembered: one asked for by its id is there, and made from an empty prompt; lists are
empty; what is deleted was there.  Responses and conversations: see kept.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mock_provider.replies.chat import reply_to_chat
from mock_provider.replies.kept import KEPT, list_of, reply_with
from mock_provider.replies.refusals import refuse_missing, refuse_type
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.responses_input import read_input
from mock_provider.replies.script import Script

MODEL = "gpt-4o"
Builder = Callable[[dict[str, Any], Script, ReplyIds], Reply]


def reply_to_list(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """Stored chat completions and their messages: none."""
    del request, script, ids
    return reply_with(list_of([]))


def reply_to_stored_chat(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """A stored chat completion, with the metadata it is given."""
    metadata = request.get("metadata") or {}
    if not isinstance(metadata, dict):
        refuse_type("metadata", "an object", metadata)
    messages = [{"role": "user", "content": ""}]
    made = reply_to_chat(
        {"model": MODEL, "messages": messages}, msgspec.structs.replace(script, models=()), ids
    )
    return reply_with(msgspec.json.decode(made.body) | {"id": request.get("id"), "metadata": metadata})


def reply_to_deletion(kind: str) -> Builder:
    """The builder of what is answered when an object of this kind is deleted."""

    def build(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
        del script, ids
        return reply_with({"id": request.get("id") or request.get("model"), "object": kind, "deleted": True})

    return build


def reply_to_token_count(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """How many tokens the input of a response would have.  Raises RequestRefusedError."""
    del script, ids
    talk = read_input(request if request.get("input") is not None else {**request, "input": []})
    return reply_with({"object": "response.input_tokens", "input_tokens": talk.prompt_tokens})


def reply_to_compaction(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """A conversation made shorter.  Raises RequestRefusedError."""
    del script
    if request.get("model") is None:
        refuse_missing("model")
    talk = read_input(request if request.get("input") is not None else {**request, "input": []})
    usage = {
        "input_tokens": talk.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": talk.prompt_tokens + 1,
    }
    item = {"id": f"cmp_{ids.token}", "type": "compaction", "encrypted_content": ids.token}
    answer = {
        "id": f"resp_{ids.token}",
        "object": "response.compaction",
        "created_at": ids.created,
        "output": [item],
        "usage": usage,
    }
    return reply_with(answer)


STORED: dict[str, Callable[..., Reply]] = {
    "chat.completions.list": reply_to_list,
    "chat.completions.retrieve": reply_to_stored_chat,
    "chat.completions.update": reply_to_stored_chat,
    "chat.completions.delete": reply_to_deletion("chat.completion.deleted"),
    "chat.completions.messages": reply_to_list,
    "responses.input_tokens": reply_to_token_count,
    "responses.compact": reply_to_compaction,
    "models.delete": reply_to_deletion("model"),
    **KEPT,
}

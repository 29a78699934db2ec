"""What is said of objects made earlier: lists, single ones, their end.  Pure.

The provider remembers nothing.  An object asked for by its id is there, finished, and made from an empty prompt; lists
are empty; what is deleted or cancelled was there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from mock_provider.replies.chat import reply_to_chat
from mock_provider.replies.refusals import refuse_missing, refuse_type
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.responses import reply_to_responses
from mock_provider.replies.responses_input import read_input
from mock_provider.replies.script import Script

MODEL = "gpt-4o"
_EMPTY_LIST = {"object": "list", "data": [], "first_id": "", "last_id": "", "has_more": False}
Builder = Callable[[dict[str, Any], Script, ReplyIds], Reply]


def reply_to_list(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """Stored chat completions, their messages, a response's input items: none."""
    del request, script, ids
    return _reply(_EMPTY_LIST)


def reply_to_stored_chat(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """A stored chat completion, with the metadata it is given."""
    metadata = request.get("metadata") or {}
    if not isinstance(metadata, dict):
        refuse_type("metadata", "an object", metadata)
    messages = [{"role": "user", "content": ""}]
    made = reply_to_chat({"model": MODEL, "messages": messages}, _open(script), ids)
    return _reply(msgspec.json.decode(made.body) | {"id": request.get("id"), "metadata": metadata})


def reply_to_stored_response(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """A stored response, completed."""
    made = reply_to_responses({"model": MODEL, "input": ""}, _open(script), ids)
    return _reply(msgspec.json.decode(made.body) | {"id": request.get("id")})


def reply_to_deletion(kind: str) -> Builder:
    """The builder of what is answered when an object of this kind is deleted."""

    def build(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
        del script, ids
        return _reply({"id": request.get("id") or request.get("model"), "object": kind, "deleted": True})

    return build


def reply_to_conversation(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """A conversation, new or old, with the metadata it is given."""
    del script
    metadata = request.get("metadata") or {}
    if not isinstance(metadata, dict):
        refuse_type("metadata", "an object", metadata)
    found = request.get("id") or f"conv_{ids.token}"
    return _reply({"id": found, "object": "conversation", "created_at": ids.created, "metadata": metadata})


def reply_to_conversation_items(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """Items put into a conversation, as they came."""
    del script
    items = request.get("items")
    if items is None:
        refuse_missing("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        refuse_type("items", "an array of objects", items)
    kept = [_keep_item(item, f"msg_{ids.token}{index}") for index, item in enumerate(items)]
    ends = {"first_id": kept[0]["id"], "last_id": kept[-1]["id"]} if kept else {}
    return _reply({**_EMPTY_LIST, "data": kept, **ends})


def _keep_item(item: dict[str, Any], name: str) -> dict[str, Any]:
    kept = {"type": "message", "status": "completed", "id": name, **item}
    if isinstance(kept.get("content"), str):
        kind = "output_text" if kept.get("role") == "assistant" else "input_text"
        kept["content"] = [{"type": kind, "text": kept["content"]}]
    return kept


def reply_to_token_count(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """How many tokens the input of a response would have.  Raises RequestRefusedError."""
    del script, ids
    talk = read_input(request if request.get("input") is not None else {**request, "input": []})
    return _reply({"object": "response.input_tokens", "input_tokens": talk.prompt_tokens})


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
    return _reply(answer)


def _open(script: Script) -> Script:
    """The script without its list of models: which one made an object is not known."""
    return msgspec.structs.replace(script, models=())


def _reply(answer: dict[str, Any]) -> Reply:
    return Reply(make_body=partial(msgspec.json.encode, answer), model="", prompt_text="", prompt_tokens=0)


STORED: dict[str, Builder] = {
    "chat.completions.list": reply_to_list,
    "chat.completions.retrieve": reply_to_stored_chat,
    "chat.completions.update": reply_to_stored_chat,
    "chat.completions.delete": reply_to_deletion("chat.completion.deleted"),
    "chat.completions.messages": reply_to_list,
    "responses.retrieve": reply_to_stored_response,
    "responses.cancel": reply_to_stored_response,
    "responses.delete": reply_to_deletion("response"),
    "responses.input_items": reply_to_list,
    "responses.input_tokens": reply_to_token_count,
    "responses.compact": reply_to_compaction,
    "conversations": reply_to_conversation,
    "conversations.retrieve": reply_to_conversation,
    "conversations.update": reply_to_conversation,
    "conversations.delete": reply_to_deletion("conversation.deleted"),
    "conversations.items": reply_to_conversation_items,
    "conversations.items.list": reply_to_list,
    "conversations.items.delete": reply_to_conversation,
    "models.delete": reply_to_deletion("model"),
}
